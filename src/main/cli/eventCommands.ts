// `fieldcast events`: what an account still runs from earlier shows, since when, and how to stop it.
import type { AccountEvent } from '../../contract/engine.ts';
import { parseDestination } from './destination.ts';
import { ask, print, type MachineCommand } from './machineCommands.ts';

export type EventsOptions = { readonly destination: string; readonly stop?: string };

export async function runEvents(command: MachineCommand, options: EventsOptions): Promise<void> {
  const destination = parseDestination(options.destination);
  const { stop } = options;
  if (stop !== undefined) {
    const stopped = await ask(command, async (api) => api.engine.stopEvent.mutate({ destination, eventName: stop }));
    return print(command.json ? [JSON.stringify({ type: 'stopped', event: stopped })] : [`${stopped.name} is ${stopped.state}. Its recordings stay.`]);
  }
  const events = await ask(command, async (api) => api.engine.events.query(destination));
  if (command.json) return print([JSON.stringify({ type: 'events', events })]);
  if (events.length === 0) return print(['The account has no live events: nothing costs money.']);
  print(events.map((event) => eventLine(event, Date.now())));
}

function eventLine({ name, state, ours, costs, sinceUtc, showId }: AccountEvent, nowUtcMs: number): string {
  const hours = sinceUtc === undefined ? undefined : (nowUtcMs - Date.parse(sinceUtc)) / 3_600_000;
  const since = !costs || hours === undefined ? '' : ` for ${hours < 1 ? `${Math.round(hours * 60)} min` : `${hours.toFixed(1)} h`}`;
  const advice = showId !== undefined ? ` → of the show ${showId}, which has not ended` : ours && costs ? ` → \`--stop ${name}\` stops it` : ours ? '' : ' (not started by Fieldcast)';
  return `${costs ? 'COSTS MONEY' : 'free       '} ${name.padEnd(32)} ${state}${since}${advice}`;
}
