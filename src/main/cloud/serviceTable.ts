// What the services can do, in words for people, from the data that the engine goes by. Decides nothing.
import { EMBEDDED_CAPABILITIES } from './embeddedDestination.ts';
import type { ServiceCapabilities } from './liveService.ts';
import { ARM_CAPABILITIES, MKIO_CAPABILITIES, RAVNUR_CAPABILITIES } from './providers.ts';

/** `word`: with which a destination begins. */
export const SERVICES: readonly { readonly word: string; readonly title: string; readonly capabilities: ServiceCapabilities }[] = [
  { word: 'arm', title: 'Media Services', capabilities: ARM_CAPABILITIES },
  { word: 'ravnur', title: 'Ravnur', capabilities: RAVNUR_CAPABILITIES },
  { word: 'mkio', title: 'MK.IO', capabilities: MKIO_CAPABILITIES },
  { word: 'embedded', title: 'embedded', capabilities: EMBEDDED_CAPABILITIES },
];

const yes = (can: boolean): string => (can ? 'yes' : 'no');

const ROWS: readonly (readonly [what: string, words: (capabilities: ServiceCapabilities) => string])[] = [
  ['a live event takes', ({ smoothIngest }) => (smoothIngest ? 'RTMP(S), Smooth Streaming' : 'RTMP(S)')],
  ['its ingest endpoints', ({ endpoints }) => endpoints],
  ['renditions of one event', ({ streams }) => (streams === 'one' ? 'one stream' : 'each its own stream')],
  ['stream key', ({ streamKey }) => streamKey],
  ['event types', ({ eventTypes }) => eventTypes.join(', ')],
  ['stand-by', ({ canAllocate }) => yes(canAllocate)],
  ['reset', ({ canReset }) => (canReset ? 'yes' : 'by stopping')],
  ['`LowLatency`', ({ lowLatency }) => lowLatency],
  ['`LowLatencyV2`', ({ lowLatencyV2 }) => yes(lowLatencyV2)],
  ['transcription', ({ transcribes }) => yes(transcribes)],
  ['data by HTTPS', ({ eventData }) => yes(eventData)],
  ['tells what it receives', ({ heartbeats }) => (heartbeats ? 'yes' : 'no: its preview is looked at')],
  ['a backlog may be replayed', ({ burstWelcome }) => yes(burstWelcome)],
  ['no ingest rule means', ({ allowAllByNoRule }) => (allowAllByNoRule ? 'everyone' : 'nobody')],
  ['a start takes at most', ({ startTimeoutMs }) => (startTimeoutMs >= 60_000 ? `${startTimeoutMs / 60_000} min` : `${startTimeoutMs / 1000} s`)],
];

/** One row for each thing, with what each of {@link SERVICES} does, in their order. */
export function serviceRows(services: readonly ServiceCapabilities[] = SERVICES.map(({ capabilities }) => capabilities)): { readonly what: string; readonly words: readonly string[] }[] {
  return ROWS.map(([what, words]) => ({ what, words: services.map((one) => words(one)) }));
}
