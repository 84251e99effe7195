// `fieldcast events`: what an account still runs from earlier shows, since when, and how to stop it.
import type { AccountEvent } from '../../contract/engine.ts';
import { endpointChangeSchema, type EndpointStatus, type EventAction } from '../../contract/eventSettings.ts';
import { OperatorError } from '../../contract/errors.ts';
import { parseDestination } from './destination.ts';
import { ask, print, type MachineCommand } from './machineCommands.ts';

export type EventsOptions = {
  readonly destination: string;
  readonly stop?: string;
  readonly standBy?: string;
  readonly reset?: string;
  readonly byStopping?: boolean;
  readonly delete?: string;
};
export type EndpointsOptions = {
  readonly destination: string;
  readonly name?: string;
  readonly start?: boolean;
  readonly stop?: boolean;
  readonly scale?: string;
  readonly cdn?: string;
  readonly cdnProvider?: string;
  readonly cdnProfile?: string;
};

export async function runEvents(command: MachineCommand, options: EventsOptions): Promise<void> {
  const destination = parseDestination(options.destination);
  const { stop } = options;
  if (stop !== undefined) {
    const stopped = await ask(command, async (api) => api.engine.stopEvent.mutate({ destination, eventName: stop }));
    return print(command.json ? [JSON.stringify({ type: 'stopped', event: stopped })] : [`${stopped.name} is ${stopped.state}. Its recordings stay.`]);
  }
  const wish = actionOf(options);
  if (wish !== undefined) {
    const after = await ask(command, async (api) => api.engine.actOnEvent.mutate({ destination, ...wish }));
    return print(command.json ? [JSON.stringify({ type: 'event', event: after ?? null })] : [after === undefined ? `${wish.eventName} is gone. Its recordings stay.` : `${after.name} is ${after.state}.`]);
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

function actionOf({ standBy, reset, byStopping, delete: gone }: EventsOptions): { readonly eventName: string; readonly act: EventAction } | undefined {
  if (standBy !== undefined) return { eventName: standBy, act: { action: 'standBy' } };
  if (reset !== undefined) return { eventName: reset, act: { action: 'reset', byStopping: byStopping === true } };
  return gone === undefined ? undefined : { eventName: gone, act: { action: 'delete' } };
}

/** `fieldcast endpoints`: what carries streams to viewers, and changing it. */
export async function runEndpoints(command: MachineCommand, options: EndpointsOptions): Promise<void> {
  const destination = parseDestination(options.destination);
  const { name, start, stop, scale, cdn, cdnProvider, cdnProfile } = options;
  const wanted = [start, stop, scale, cdn, cdnProvider, cdnProfile].some((one) => one !== undefined);
  const parsed = endpointChangeSchema.safeParse({
    ...(name === undefined ? {} : { name }), ...(start === true ? { run: true } : stop === true ? { run: false } : {}),
    ...(scale === undefined ? {} : { scaleUnits: Number(scale) }), ...(cdn === undefined ? {} : { cdn: cdn === 'on' ? true : cdn === 'off' ? false : cdn }),
    ...(cdnProvider === undefined ? {} : { cdnProvider }), ...(cdnProfile === undefined ? {} : { cdnProfile }),
  });
  if (!parsed.success) throw new OperatorError('ENDPOINT_UNCLEAR', `The change of the streaming endpoint is unclear (${parsed.error.issues[0]?.path.join('.') ?? ''}).`, 'Give --scale 0 to 10, --cdn on or off, --cdn-provider StandardVerizon, PremiumVerizon or StandardAkamai.');
  const endpoints = wanted
    ? [await ask(command, async (api) => api.engine.changeEndpoint.mutate({ destination, change: parsed.data }))]
    : await ask(command, async (api) => api.engine.endpoints.query(destination));
  print(command.json ? [JSON.stringify({ type: 'endpoints', endpoints })] : endpoints.map(endpointLine));
}

function endpointLine({ name, state, hostName, scaleUnits, cdn, cdnProvider, cdnProfile }: EndpointStatus): string {
  const units = scaleUnits === 0 ? 'standard' : `${scaleUnits} units`;
  return `${state === 'Stopped' ? 'free       ' : 'COSTS MONEY'} ${name.padEnd(24)} ${state}, ${units}, CDN ${cdn ? `on (${[cdnProvider, cdnProfile].filter((one) => one !== undefined).join(', ')})` : 'off'}${hostName === undefined ? '' : `, ${hostName}`}`;
}
