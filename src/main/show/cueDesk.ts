// Puts the operator's cues on the timeline: checks the pre-roll, finds the frame of the splice, makes the SCTE-35 message, remembers what
// may still be withdrawn. Sends nothing itself.
import { randomBytes } from 'node:crypto';
import { DATA_SCHEME, MAX_DATA_BYTES, MIN_PRE_ROLL_SECONDS, type CueReceipt, type CueRequest } from '../../contract/cue.ts';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { buildSplice, parseSplice, type SpliceToBuild } from '../media/scte35.ts';
import type { TimedCue, TimedSplice } from '../media/timedCue.ts';
import { exactMsOfFrame, utcMsOfFrame, type Timeline } from '../media/timeline.ts';

/** Services take two messages a second (media-services.md §4.3). */
const MIN_INTERVAL_MS = 500;
const MAX_REMEMBERED = 512;

export type CueSurroundings = {
  readonly timeline: Timeline;
  /** The next program frame. */
  readonly nextFrame: () => number;
  readonly send: (cue: TimedCue) => void;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
};

type Given = { readonly splice: TimedSplice; readonly eventId: number; readonly frame: number; readonly meaning: 'out' | 'in' | 'other' };
type Splice = Exclude<CueRequest, { kind: 'data' | 'cancel' }>;

export class CueDesk {
  readonly #around: CueSurroundings;
  /** Splices of the show by their order; the last of an id counts. */
  #given: Given[] = [];
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(around: CueSurroundings) {
    this.#around = around;
  }

  /** @throws OperatorError when the cue cannot be carried out as it was asked for; nothing is sent then. */
  give(request: CueRequest): CueReceipt {
    const nowMs = this.#around.nowMs();
    if (nowMs - this.#lastAtMs < MIN_INTERVAL_MS) {
      throw new OperatorError('CUE_TOO_OFTEN', 'Services take no more than two cues a second.', 'Give it again in a moment.');
    }
    const receipt = request.kind === 'data' ? this.#data(request) : request.kind === 'cancel' ? this.#cancel(request.id) : this.#splice(request);
    this.#lastAtMs = nowMs;
    return receipt;
  }

  #splice(request: Splice): CueReceipt {
    if (request.preRollSeconds < MIN_PRE_ROLL_SECONDS) {
      throw new OperatorError(
        'CUE_TOO_SOON',
        `A splice needs ${MIN_PRE_ROLL_SECONDS} s of warning, and ${request.preRollSeconds} s were given: services ignore what reaches them later.`,
        `Give --pre-roll ${MIN_PRE_ROLL_SECONDS} or more.`,
      );
    }
    const frame = this.#gopFrameIn(request.preRollSeconds);
    const seconds = this.#secondsOf(frame);
    const given = request.kind === 'scte35' ? this.#binary(request, seconds) : this.#built(request, seconds);
    this.#remember({ ...given, frame });
    this.#around.send(given.splice);
    return this.#receipt(request.kind, given.splice, frame);
  }

  #built(request: Exclude<Splice, { kind: 'scte35' }>, seconds: number): Omit<Given, 'frame'> {
    const open = this.#given.findLast(({ splice, meaning }) => meaning === 'out' && (request.id === undefined || splice.id === request.id));
    if (request.kind === 'out' && request.id !== undefined && open !== undefined) {
      throw new OperatorError('CUE_EXISTS', `The break ${request.id} has been announced already.`, 'Choose another --id, or cancel it first.');
    }
    if (request.kind === 'in' && open === undefined) {
      throw new OperatorError('NO_BREAK', request.id === undefined ? 'No break has begun.' : `There is no break ${request.id}.`, 'Begin one with `fieldcast cue out`.');
    }
    const eventId = request.kind === 'in' && open !== undefined ? open.eventId : randomBytes(4).readUInt32BE();
    const id = (request.kind === 'in' ? open?.splice.id : request.id) ?? `splice-${eventId}`;
    const durationSeconds = request.kind === 'out' ? request.durationSeconds : undefined;
    if (request.kind === 'in' && open !== undefined && seconds <= open.splice.seconds) {
      throw new OperatorError('BREAK_NOT_BEGUN', `The break ${id} begins later than it would end.`, `Give a longer --pre-roll, or \`fieldcast cue cancel ${id}\`.`);
    }
    if (request.kind === 'in' && open?.splice.durationSeconds !== undefined && seconds >= open.splice.seconds + open.splice.durationSeconds) {
      throw new OperatorError('BREAK_OVER', `The break ${id} ends by itself before that.`, 'Nothing needs to be done.');
    }
    if ((request.as === 'simple' || request.as === 'cue-point') && durationSeconds === undefined) {
      throw new OperatorError('CUE_NEEDS_DURATION', `A splice as ${request.as} says how long it lasts.`, 'Give --duration, or leave --as out.');
    }
    const section = buildSplice(spliceOf(request.kind, eventId, seconds, durationSeconds, request.as));
    const form = request.as === 'simple' ? 'simple' : request.as === 'cue-point' ? 'cuePoint' : 'scte35';
    return { splice: { kind: 'splice', id, seconds, durationSeconds, section, form }, eventId, meaning: request.kind };
  }

  #binary({ section: base64, id }: Extract<Splice, { kind: 'scte35' }>, seconds: number): Omit<Given, 'frame'> {
    const section = new Uint8Array(Buffer.from(base64, 'base64'));
    let info;
    try {
      info = parseSplice(section);
    } catch (error) {
      throw new OperatorError('CUE_INVALID', `This is no SCTE-35 message: ${messageOf(error)}`, 'Give the whole splice_info_section in base64.', { cause: error });
    }
    if (info.meaning === 'cancel') throw new OperatorError('CUE_INVALID', 'This SCTE-35 message withdraws another one.', 'Use `fieldcast cue cancel ID`.');
    const eventId = info.eventId ?? randomBytes(4).readUInt32BE();
    return {
      splice: { kind: 'splice', id: id ?? `splice-${eventId}`, seconds, durationSeconds: info.durationSeconds, section, form: 'scte35' },
      eventId, meaning: info.meaning,
    };
  }

  #cancel(id: string): CueReceipt {
    const given = this.#given.findLast(({ splice }) => splice.id === id);
    if (given === undefined) throw new OperatorError('NO_SUCH_CUE', `There is no splice ${id}.`, 'Only a splice that was announced can be withdrawn.');
    const { splice, eventId, frame } = given;
    const leftSeconds = splice.seconds - this.#secondsOf(this.#around.nextFrame());
    if (leftSeconds < MIN_PRE_ROLL_SECONDS) {
      throw new OperatorError(
        'CUE_TOO_SOON', `It is too late to withdraw the splice ${id}: ${leftSeconds <= 0 ? 'its time has come' : `it comes in ${leftSeconds.toFixed(1)} s`}, and services need ${MIN_PRE_ROLL_SECONDS} s.`,
        'End the break with `fieldcast cue in`.',
      );
    }
    this.#given = this.#given.filter((one) => one !== given);
    const section = buildSplice({ meaning: 'cancel', eventId, seconds: splice.seconds, durationSeconds: undefined, command: 'spliceInsert' });
    const withdrawal: TimedSplice = { ...splice, durationSeconds: undefined, section, form: 'scte35' };
    this.#around.send(withdrawal);
    return this.#receipt('cancel', withdrawal, frame);
  }

  #data({ id = `data-${randomBytes(6).toString('hex')}`, data, durationSeconds, preRollSeconds }: Extract<CueRequest, { kind: 'data' }>): CueReceipt {
    const json = JSON.stringify(data);
    if (Buffer.byteLength(json) > MAX_DATA_BYTES) {
      throw new OperatorError('CUE_TOO_LARGE', `The data has ${Math.ceil(Buffer.byteLength(json) / 1024)} KiB; services take ${MAX_DATA_BYTES / 1024}.`, 'Send less, or a link to it.');
    }
    const frame = this.#around.nextFrame() + Math.round(preRollSeconds * this.#fps);
    const cue: TimedCue = { kind: 'data', id, seconds: this.#secondsOf(frame), durationSeconds, scheme: DATA_SCHEME, json };
    this.#around.send(cue);
    return this.#receipt('data', cue, frame);
  }

  /** The first GOP that begins so much later: there every rendition of every instance has an IDR. */
  #gopFrameIn(seconds: number): number {
    const { framesPerGop } = this.#around.timeline;
    return Math.ceil((this.#around.nextFrame() + seconds * this.#fps) / framesPerGop) * framesPerGop;
  }

  get #fps(): number {
    const { num, den } = this.#around.timeline.frameRate;
    return num / den;
  }

  #secondsOf(frame: number): number {
    return exactMsOfFrame(frame, this.#around.timeline.frameRate) / 1000;
  }

  #remember(given: Given): void {
    this.#given.push(given);
    if (this.#given.length > MAX_REMEMBERED) this.#given.shift();
  }

  #receipt(kind: CueReceipt['kind'], { id, seconds, durationSeconds }: TimedCue, frame: number): CueReceipt {
    const atUtc = new Date(Math.round(utcMsOfFrame(this.#around.timeline, frame))).toISOString();
    return { kind, id, atSeconds: seconds, atUtc, ...(durationSeconds === undefined ? {} : { durationSeconds }) };
  }
}

function spliceOf(meaning: 'out' | 'in', eventId: number, seconds: number, durationSeconds: number | undefined, as: string): SpliceToBuild {
  return { meaning, eventId, seconds, durationSeconds, command: as === 'time-signal' ? 'timeSignal' : 'spliceInsert' };
}
