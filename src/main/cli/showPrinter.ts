// Shows the events of a show: JSON lines, a live view on a terminal, or plain lines elsewhere. It decides nothing.
import type { AlarmEvent, AlarmReport, EncoderReport, Health, RenditionReport, ShowEvent, ShowReport, ShowStats, SourceReport, Uplink } from '../../contract/report.ts';
import type { RecordingStatus } from '../../contract/recording.ts';
import type { SideOutputReport } from '../../contract/sideOutput.ts';
import type { Undelivered } from '../../contract/undelivered.ts';

export type ShowPrinter = { print(event: ShowEvent): void };

type Output = { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };

/** Without a terminal the figures are printed this often, s. */
const PLAIN_STATS_EVERY = 10;

export function jsonPrinter(output: Output): ShowPrinter {
  return { print: (event) => output.write(`${JSON.stringify(event)}\n`) };
}

/** One line of figures that is rewritten in place on a terminal, everything else as lines above it. */
export function textPrinter(output: Output): ShowPrinter {
  const live = output.isTTY === true;
  let statsCount = 0;
  let lineOpen = false;
  let lastHealth = '';
  let lastUplink = '';
  const line = (text: string): void => {
    output.write(`${lineOpen ? '\r\u001B[2K' : ''}${text}\n`);
    lineOpen = false;
  };
  /** On a terminal, what is of the moment only: the next line takes its place. */
  const momentary = (text: string): void => {
    output.write(`\r\u001B[2K${text.slice(0, Math.max(20, (output.columns ?? 120) - 1))}`);
    lineOpen = true;
  };
  return {
    print: (event) => {
      switch (event.type) {
        case 'state': return line(`${event.state.toUpperCase().padEnd(10)} ${event.sentence}`);
        case 'progress': return live ? momentary(`           ${event.sentence}`) : line(`           ${event.sentence}`);
        case 'warning': return line(`ATTENTION  ${event.failure.message} ${event.failure.action} [${event.failure.code}]`);
        case 'source': return line(`${event.state === 'live' ? '          ' : 'ATTENTION '} ${event.sentence} [${event.atUtc.slice(11, 19)} UTC]`);
        case 'encoder':
        case 'cue':
        case 'mix': return line(`           ${event.sentence}`);
        case 'sideOutput': return line(`${event.state === 'failed' || event.state === 'waiting' || event.state === 'held' ? 'ATTENTION ' : '          '} ${event.sentence}${event.action === undefined ? '' : ` ${event.action}`}`);
        case 'alarm': return line(alarmText(event));
        case 'pair': return line(`${event.change === 'partner-gone' || event.change === 'differs' ? 'ATTENTION ' : '          '} ${event.sentence}`);
        case 'playback':
          for (const [name, url] of Object.entries(event.playback)) line(`           ${name.padEnd(8)} ${url}`);
          return undefined;
        case 'stats':
          statsCount += 1;
          // A sentence whose figures change is the same sentence.
          if (event.health.light + event.health.sentence.replaceAll(/[\d.]+/g, '') !== lastHealth) {
            lastHealth = event.health.light + event.health.sentence.replaceAll(/[\d.]+/g, '');
            line(healthText(event.health));
          }
          if (event.state === 'rehearsing' && uplinkWords(event) !== lastUplink) {
            lastUplink = uplinkWords(event);
            for (const text of uplinkText(event.uplink)) line(text);
          }
          if (live) {
            momentary(statsLine(event));
          } else if (statsCount % PLAIN_STATS_EVERY === 0) {
            line(statsLine(event));
          }
          return undefined;
        case 'report':
          for (const text of reportLines(event)) line(text);
          return undefined;
      }
    },
  };
}

function alarmText({ raised, message, action, code }: AlarmEvent): string {
  return raised ? `ALARM      ${message} ${action} [${code}]` : `           ${message} [${code}]`;
}

const SHAPES = { circle: '●', triangle: '▲', octagon: '⯃' } as const;

function healthText({ shape, word, sentence, action }: Health): string {
  return `${`${SHAPES[shape]} ${word}`.padEnd(10)} ${sentence}${action === undefined ? '' : ` ${action}`}`;
}

/** The verdicts without their figures, which change all the time. */
function uplinkWords({ uplink }: ShowStats): string {
  return uplink?.verdicts.map((one) => `${one.rendition} ${one.verdict}`).join() ?? '';
}

/** One line for each rendition; nothing before there is a verdict. */
function uplinkText(uplink: Uplink | undefined): string[] {
  return uplink?.verdicts.filter((one) => one.verdict !== 'measuring').map((one) => `           uplink  ${one.sentence}`) ?? [];
}

function uplinkFigures({ arrivingKbps, carriesKbps, isLimit, roundTripMs }: Uplink): string {
  const trip = roundTripMs === undefined ? '' : `, ${roundTripMs} ms there and back`;
  return `uplink ${arrivingKbps} of ${isLimit ? '' : 'at least '}${carriesKbps} kbit/s${trip}`;
}

function statsLine(stats: ShowStats): string {
  const renditions = stats.renditions.map((one) => {
    const queued = stats.connections.find((connection) => connection.rendition === one.name)?.queuedMs ?? 0;
    const dropped = one.droppedFrames === 0 ? '' : ` −${one.droppedFrames}`;
    const arrived = one.arrived?.incomingKbps === undefined ? '' : ` (${Math.round(one.arrived.incomingKbps)} arrive)`;
    return `${one.name} ${Math.round(one.actualKbps)} kbit/s${arrived}${queued > 500 ? ` queue ${Math.round(queued)} ms` : ''}${dropped}`;
  });
  const repeated = stats.renditions[0]?.repeatedFrames ?? 0;
  return `${stats.state.toUpperCase()} ${clockText(stats.onAirSeconds)}  ${renditions.join('  ')}${repeated === 0 ? '' : `  repeated ${repeated}`}`
    + (stats.uplink === undefined ? '' : `  ${uplinkFigures(stats.uplink)}`);
}

/** The report as an operator reads it. */
function reportLines(report: ShowReport): string[] {
  const lines = [
    '',
    `Report     ${report.outcome}${report.verified ? ', verified' : ', NOT verified'}${report.eventName === undefined ? '' : `, event ${report.eventName}`}`,
    ...(report.failure === undefined ? [] : [`           ${report.failure.message} ${report.failure.action} [${report.failure.code}]`]),
    ...mediaText(report),
    ...report.connections.map((one) => `           ${one.rendition} → ${one.endpoint}: ${(one.sentBytes / 1e6).toFixed(1)} MB sent, ${one.sentFrames} frames, ${one.reconnects} reconnects (${(one.disconnectedMs / 1000).toFixed(1)} s without), ${one.droppedMs} ms dropped`),
    ...report.sideOutputs.map(sideOutputText),
    ...uplinkText(report.uplink),
    ...pairText(report),
    ...report.verification.map((sentence) => `           ${sentence}`),
    ...encoderLines(report.encoder),
    ...undeliveredText(report.undelivered),
    ...(report.recording === undefined ? [] : [recordingText(report.recording)]),
    ...report.sources.flatMap(reportedSource),
    ...report.alarms.map(reportedAlarm),
    ...timingText(report),
    ...Object.entries(report.playback).filter(([name]) => name !== 'preview').map(([name, url]) => `           ${name.padEnd(8)} ${url}`),
  ];
  return lines;
}

/** Nothing for a show that was alone. */
function pairText({ pair }: ShowReport): string[] {
  if (pair?.partnerSeen !== true) return [];
  const filled = pair.filledByPartner.map(({ rendition, frames }) => `${rendition} ${frames}`).join(', ');
  return [`           one of a pair${filled === '' ? '' : `; frames in the archive from the partner alone: ${filled}`}`];
}

/** Nothing where nothing was encoded: the failure says it all. */
function mediaText(report: ShowReport): string[] {
  if (report.renditions.every((one) => one.frames === 0)) return [];
  return [
    ...report.renditions.map((one) => `           ${renditionText(one)}`),
    `           keyframes ${report.keyframesAligned ? 'aligned in all renditions' : 'NOT aligned'}; late ticks ${report.clock.lateTicks} (at most ${report.clock.maxLateMs.toFixed(0)} ms)`,
  ];
}

function renditionText(one: RenditionReport): string {
  return `${one.name.padEnd(6)} ${`${one.width}×${one.height}`.padEnd(10)} ${one.fps.toFixed(2)} fps  ${one.declaredKbps} kbit/s declared, ${Math.round(one.actualKbps)} actual  `
    + `${one.frames} frames, ${one.keyframes} keyframes, ${one.repeatedFrames} repeated, ${one.droppedFrames} dropped`;
}

const UNDELIVERED_CAUSES = {
  encoder: 'never encoded', queue: 'dropped before it was sent', network: 'sent, and not known to have arrived', ingest: 'taken, but not served', archive: 'taken, but not recorded',
} as const;
/** Places of missing media that are told one by one; the JSON report has all. */
const TOLD_UNDELIVERED = 12;

function recordingText({ path, sizeBytes, files, rendition, replacedFrames = 0 }: RecordingStatus): string {
  return `           recording ${path} (${rendition}, ${(sizeBytes / 1e6).toFixed(1)} MB${files === 1 ? '' : ` in ${files} files`}${replacedFrames === 0 ? '' : `, ${replacedFrames} pictures repeated by its encoder`})`;
}

/** Nothing where all was delivered. */
function undeliveredText(undelivered: readonly Undelivered[]): string[] {
  const told = undelivered.slice(0, TOLD_UNDELIVERED).map(({ track, cause, fromUtc, toUtc, frames }) =>
    `           not delivered: ${track} ${fromUtc.slice(11, 23)} to ${toUtc.slice(11, 23)} UTC, ${frames} frames, ${UNDELIVERED_CAUSES[cause]}`);
  const more = undelivered.length - told.length;
  return more > 0 ? [...told, `           not delivered: ${more} more places (--json tells them)`] : told;
}

const MISSING_CAUSES = { died: 'lost with its encoder', overload: 'given up to catch up', shed: 'left out to save work', skipped: 'left out by the encoder' } as const;
/** Of a long list only the first ones are printed; the JSON report has all. */
const TOLD_MISSING = 12;

/** Nothing where the encoder only did its work. */
function encoderLines(encoder: EncoderReport | undefined): string[] {
  if (encoder === undefined || encoder.handovers + encoder.failures + encoder.replacedFrames + encoder.missing.length === 0) return [];
  const { handovers, failures, replacedFrames, maxLagMs, missing } = encoder;
  const more = missing.length - TOLD_MISSING;
  return [
    `           encoder: ${handovers} handovers, ${failures} failures, ${replacedFrames} pictures replaced, at most ${maxLagMs} ms behind`,
    ...missing.slice(0, TOLD_MISSING).map(({ rendition, firstFrame, lastFrame, cause }) =>
      `           missing: ${rendition} frames ${firstFrame} to ${lastFrame} (${lastFrame - firstFrame + 1}), ${MISSING_CAUSES[cause]}`),
    ...(more > 0 ? [`           missing: ${more} more ranges`] : []),
  ];
}

function sideOutputText({ name, rendition, endpoint, state, sentFrames, reconnects, droppedMs, lastError }: SideOutputReport): string {
  const why = state === 'failed' && lastError !== undefined ? `; ${lastError}` : '';
  return `           also ${name} → ${endpoint}: ${rendition}, ${sentFrames} frames, ${reconnects} reconnects, ${droppedMs} ms dropped, ${state}${why}`;
}

/** Nothing where nothing happened. */
function reportedSource({ label, restarts, heldMs, slateMs, silentMs }: SourceReport): string[] {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const parts = [
    ...(heldMs === 0 ? [] : [`last picture held ${seconds(heldMs)}`]), ...(slateMs === 0 ? [] : [`slate ${seconds(slateMs)}`]),
    ...(silentMs === 0 ? [] : [`silent ${seconds(silentMs)}`]), ...(restarts === 0 ? [] : [`started again ${restarts}×`]),
  ];
  return parts.length === 0 ? [] : [`           ${label}: ${parts.join(', ')}`];
}

function reportedAlarm({ code, message, raisedAtUtc, clearedAtUtc }: AlarmReport): string {
  const timeOf = (utc: string): string => `${utc.slice(11, 19)} UTC`;
  return `           alarm at ${timeOf(raisedAtUtc)}${clearedAtUtc === undefined ? ', to the end' : ` to ${timeOf(clearedAtUtc)}`}: ${message} [${code}]`;
}

function timingText(report: ShowReport): string[] {
  const { toIngestMs, toPreviewMs, toPublicMs } = report.timings;
  const parts = [
    ...(toIngestMs === undefined ? [] : [`ingest after ${(toIngestMs / 1000).toFixed(1)} s`]),
    ...(toPreviewMs === undefined ? [] : [`preview plays after ${(toPreviewMs / 1000).toFixed(1)} s`]),
    ...(toPublicMs === undefined ? [] : [`public plays after ${(toPublicMs / 1000).toFixed(1)} s`]),
  ];
  return parts.length === 0 ? [] : [`           ${parts.join(', ')}`];
}

function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
