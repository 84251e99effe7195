// `devices`, `doctor` and the list of `resume`: one question to an engine, printed as text or JSON.
import { startEngineProcess } from './engineProcess.ts';
import type { DeviceMode } from '../../contract/device.ts';
import { operatorErrorOf } from './runShow.ts';
import type { EngineClient } from '../api/client.ts';

export type MachineCommand = { readonly entry: string; readonly home: string; readonly json: boolean };

export async function ask<T>(command: MachineCommand, question: (api: EngineClient) => Promise<T>): Promise<T> {
  const engine = await startEngineProcess(command);
  try {
    return await question(engine.api);
  } catch (error) {
    throw operatorErrorOf(error);
  } finally {
    await engine.shutdown();
  }
}

export function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

export async function printDevices(command: MachineCommand): Promise<void> {
  const devices = await ask(command, async (api) => api.engine.devices.query());
  if (command.json) return print([JSON.stringify({ type: 'devices', devices })]);
  if (devices.length === 0) return print(['No camera, microphone or screen was found.', 'Connect one, or go live from `test` or `file:PATH`.']);
  print(devices.flatMap((device) => [
    `${device.kind.padEnd(11)} ${device.id.padEnd(40)} ${device.name}${device.detail === undefined ? '' : ` (${device.detail})`}`,
    ...(device.modes === undefined ? [] : [`            modes: ${modesText(device.modes)}`]),
    ...(device.choice === undefined ? [] : [`            for 720p30: ${device.choice}`]),
    ...(device.hint === undefined ? [] : [`            → ${device.hint}`]),
  ]));
}

/** Each size once, the largest first, with what it can do at best. */
function modesText(modes: readonly DeviceMode[]): string {
  const sizes = Map.groupBy(modes.toSorted((a, b) => b.width * b.height - a.width * a.height), ({ width, height }) => `${width}×${height}`);
  return [...sizes].map(([size, those]) => {
    const formats = [...new Set(those.map(({ format, maxFps }) => (maxFps === undefined ? format : `${format} ${Math.round(maxFps * 100) / 100} fps`)))];
    return `${size} ${formats.join(', ')}`;
  }).join('; ');
}

/** True when nothing is missing that a show needs. */
export async function printFindings(command: MachineCommand): Promise<boolean> {
  const findings = await ask(command, async (api) => api.engine.doctor.query());
  if (command.json) {
    print([JSON.stringify({ type: 'doctor', findings })]);
  } else {
    const words = { ok: 'ok', attention: 'ATTENTION', missing: 'MISSING' } as const;
    print(findings.flatMap((finding) => [
      `${words[finding.verdict].padEnd(10)} ${finding.title}: ${finding.sentence}`,
      ...(finding.action === undefined ? [] : [`           → ${finding.action}`]),
    ]));
  }
  return findings.every((finding) => finding.verdict !== 'missing');
}

export async function printUnfinished(command: MachineCommand): Promise<void> {
  const { unfinished, operations } = await ask(command, async (api) => ({ ...await api.engine.info.query(), operations: await api.engine.operations.query() }));
  if (command.json) return print([JSON.stringify({ type: 'unfinished', shows: unfinished, operations })]);
  print([
    ...(unfinished.length === 0 ? ['Every show on record has ended.'] : unfinished.map((show) => `${show.showId}  ${show.startedAtUtc}  ${show.state.padEnd(10)} ${show.destination} ${show.eventName ?? ''}`)),
    ...operations.flatMap(({ beganAtUtc, sentence, again }) => [`${beganAtUtc}  ${sentence}`, `           → \`${again}\` takes it up`]),
  ]);
}
