// What a service says that it receives of a live event: its telemetry calls (2022-11-01), or what its preview lists where it has none.
// Reads only. An answer that is not understood is "not told", never a failure of the show.
import { createPipelineRequest, type PipelineResponse } from '@azure/core-rest-pipeline';
import { z } from 'zod';
import { OperatorError } from '../../contract/errors.ts';
import { waitFor } from './abortableWait.ts';
import type { ArmAccount } from './armAccount.ts';
import type { ArrivedTrack, ServiceHealth } from './liveService.ts';
import type { PreviewArrivals } from './previewArrivals.ts';

const API_VERSION = '2022-11-01';
/** The call may be a long operation (202 with a location); it is asked this often at most. */
const MAX_POLLS = 10;
const MAX_SENTENCES = 8;
const MAX_SENTENCE_CHARS = 400;

const trackNumber = z.number().nonnegative().nullish();
const statusSchema = z.object({ value: z.array(z.object({
  healthStatus: z.string().max(64).nullish(),
  healthDescriptions: z.array(z.string()).nullish(),
  trackStatus: z.array(z.object({ trackId: z.string().max(260), expectedBitrate: trackNumber, incomingBitrate: trackNumber })).max(100).nullish(),
})) });
const heartbeatsSchema = z.object({ value: z.array(z.object({
  eventTime: z.string().nullish(),
  data: z.object({ trackName: z.string().max(260), trackType: z.string().nullish(), bitrate: trackNumber, lastFragmentArrivalTime: z.string().nullish(), discontinuityCount: trackNumber }),
})) });

/** Reads one event's health again and again; remembers what the service does not offer, so that it is not asked for twice. */
export class EventTelemetry {
  readonly #account: ArmAccount;
  readonly #preview: PreviewArrivals;
  #isOffered: boolean;
  /** Of each track: the time of the newest heartbeat that was counted, and the gaps of all of them. */
  readonly #gaps = new Map<string, { untilMs: number; count: number }>();

  constructor(account: ArmAccount, preview: PreviewArrivals) {
    this.#account = account;
    this.#preview = preview;
    this.#isOffered = account.settings.capabilities.heartbeats;
  }

  /** @throws OperatorError where the service cannot be reached */
  async read(eventName: string, outputName: string | undefined, previewHlsUrl: string | undefined, signal: AbortSignal): Promise<ServiceHealth> {
    const archive = outputName === undefined ? undefined : await this.#archiveState(eventName, outputName, signal);
    const told = this.#isOffered ? await this.#told(eventName, signal) : undefined;
    if (told === undefined) {
      const tracks = previewHlsUrl === undefined ? [] : await this.#preview.read(previewHlsUrl, signal);
      return { from: 'preview', verdict: 'unknown', sentences: [], tracks, archiveFailed: archive === 'Failed' };
    }
    return { from: 'telemetry', ...told, archiveFailed: archive === 'Failed' };
  }

  async #told(eventName: string, signal: AbortSignal): Promise<Pick<ServiceHealth, 'verdict' | 'sentences' | 'tracks'> | undefined> {
    const status = statusSchema.safeParse(await this.#post(eventName, 'getStatus', signal)).data?.value[0];
    if (status === undefined) return undefined;
    const beats = heartbeatsSchema.safeParse(await this.#post(eventName, 'getTrackIngestHeartbeats', signal)).data?.value ?? [];
    const tracks = (status.trackStatus ?? []).map(({ trackId, expectedBitrate, incomingBitrate }): ArrivedTrack => {
      const kind = trackId.startsWith('audio') ? 'audio' : 'video';
      const own = beats.filter(({ data }) => data.trackName === trackId || (data.trackType === kind && data.bitrate === expectedBitrate));
      const beat = own.at(-1);
      return {
        track: trackId, kind,
        declaredKbps: kbps(expectedBitrate) ?? 0,
        incomingKbps: kbps(incomingBitrate),
        ageSeconds: secondsBetween(beat?.data.lastFragmentArrivalTime, beat?.eventTime),
        gaps: this.#gapsOf(trackId, own),
      };
    });
    return { verdict: verdictOf(status.healthStatus ?? ''), sentences: (status.healthDescriptions ?? []).slice(0, MAX_SENTENCES).map((one) => this.#clean(one)), tracks };
  }

  /** A heartbeat counts the gaps of its own interval and is told again until a newer one has taken its place. */
  #gapsOf(trackId: string, beats: readonly { readonly eventTime?: string | null | undefined; readonly data: { readonly discontinuityCount?: number | null | undefined } }[]): number | undefined {
    for (const { eventTime, data: { discontinuityCount } } of beats) {
      const atMs = Date.parse(eventTime ?? '');
      if (typeof discontinuityCount !== 'number' || Number.isNaN(atMs)) continue;
      const known = this.#gaps.get(trackId) ?? { untilMs: -Infinity, count: 0 };
      if (atMs > known.untilMs) this.#gaps.set(trackId, { untilMs: atMs, count: known.count + discontinuityCount });
    }
    return this.#gaps.get(trackId)?.count;
  }

  async #archiveState(eventName: string, outputName: string, signal: AbortSignal): Promise<string | undefined> {
    const output = await this.#account.find(`read the live output “${outputName}”`, signal, async (abortSignal) =>
      await this.#account.client.liveOutputs.get(...this.#account.names, eventName, outputName, { abortSignal }));
    return output?.provisioningState;
  }

  /** The answer's body; undefined where the service has no such call. */
  async #post(eventName: string, call: 'getStatus' | 'getTrackIngestHeartbeats', signal: AbortSignal): Promise<unknown> {
    const attempt = `read the health of the live event “${eventName}”`;
    const { client, settings, id, pace } = this.#account;
    const base = settings.endpoint.replace(/\/+$/, '');
    const answer = await this.#account.call(attempt, signal, async (abortSignal) => {
      const send = async (method: 'GET' | 'POST', url: string): Promise<PipelineResponse> => {
        // The guard of the client refuses other hosts, so a location cannot lead a token astray.
        return await client.sendRequest(createPipelineRequest({ url, method, abortSignal, allowInsecureConnection: base.startsWith('http:') }));
      };
      let response = await send('POST', `${base}${id}/liveEvents/${encodeURIComponent(eventName)}/${call}?api-version=${API_VERSION}`);
      for (let poll = 0; response.status === 202 && poll < MAX_POLLS; poll += 1) {
        const location = response.headers.get('location');
        if (location === undefined) break;
        await waitFor(pace.pollIntervalMs, abortSignal);
        response = await send('GET', location);
      }
      return response;
    });
    if ([400, 404, 405, 501].includes(answer.status)) {
      this.#isOffered = false;
      return undefined;
    }
    if (answer.status !== 200) {
      throw new OperatorError('HEALTH_NOT_TOLD', `${this.#account.subject} answered ${answer.status} when asked to ${attempt}.`, 'Nothing needs to be done: the stream itself is not affected.');
    }
    return jsonOf(answer.bodyAsText ?? '');
  }

  #clean(sentence: string): string {
    return this.#account.secrets.redact(sentence.slice(0, MAX_SENTENCE_CHARS));
  }
}

function verdictOf(status: string): ServiceHealth['verdict'] {
  switch (status.toLowerCase()) {
    case 'excellent': return 'excellent';
    case 'good': return 'good';
    case 'poor': return 'poor';
    default: return 'unknown';
  }
}

function kbps(bitrate: number | null | undefined): number | undefined {
  return typeof bitrate === 'number' ? Math.round(bitrate / 1000) : undefined;
}

/** Both times are the service's own, so that a wrong clock here does not matter. */
function secondsBetween(from: string | null | undefined, to: string | null | undefined): number | undefined {
  const seconds = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
