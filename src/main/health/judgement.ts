// From the figures of the last minute to one light and one plain sentence with what to do next. Pure: the gravest matter speaks.
import type { Health } from '../../contract/report.ts';

export type ConnectionFacts = {
  readonly rendition: string;
  readonly isPublishing: boolean;
  /** Deliberately not sent for a while, for want of uplink. */
  readonly isHeld: boolean;
  readonly queuedMs: number;
  readonly droppedMs: number;
  readonly reconnects: number;
  readonly lastError: string | undefined;
};

/** An output beside the main destination that does not get the stream. */
export type SideOutputFacts = { readonly name: string; readonly state: 'waiting' | 'failed' | 'held'; readonly lastError: string | undefined };

export type ArrivalFacts = { readonly rendition: string; readonly declaredKbps: number; readonly incomingKbps: number | undefined; readonly ageSeconds: number | undefined };

/** Counts of the last minute. */
export type HealthFacts = {
  readonly framesExpected: number;
  readonly repeatedFrames: number;
  readonly lateTicks: number;
  readonly encoderLagFrames: number;
  readonly framesPerSecond: number;
  /** Worst rendition. */
  readonly encoderDroppedFrames: number;
  /** Renditions that rest at the moment, because this computer is too slow for all. */
  readonly resting: readonly string[];
  readonly connections: readonly ConnectionFacts[];
  readonly sideOutputs: readonly SideOutputFacts[];
  readonly arrivals: readonly ArrivalFacts[];
  /** The service's own judgement, where it has one. */
  readonly service: { readonly verdict: 'excellent' | 'good' | 'poor' | 'unknown'; readonly sentences: readonly string[]; readonly archiveFailed: boolean } | undefined;
  /** The service could not be asked for so long, s. */
  readonly serviceSilentSeconds: number;
};

type Judgement = Pick<Health, 'light' | 'word' | 'shape' | 'sentence' | 'action'>;

/** A picture that stands this often is seen. */
const MANY_REPEATS = 0.05;
/** A queue this long shows as delay, and is the first sign of a slow uplink, ms. */
const LONG_QUEUE_MS = 2000;
/** Encoders work some frames behind by their nature, s. */
const LONG_LAG_SECONDS = 2;
/** Documented: heartbeats come every 20 s, so that an arrival this old is a stop. */
const STOPPED_SECONDS = 10;
const SILENT_SECONDS = 30;
const MANY_LATE_TICKS = 0.1;

export function judge(facts: HealthFacts): Judgement {
  return badMatter(facts) ?? degradedMatter(facts) ?? sideMatter(facts) ?? good(facts);
}

function badMatter({ service, connections, arrivals, encoderDroppedFrames, framesExpected, resting }: HealthFacts): Judgement | undefined {
  if (service?.archiveFailed === true) {
    const words = service.sentences.find((one) => /record|archive/i.test(one));
    return bad(`The service records this show no more. ${words ?? 'It does not say why.'}`, 'Viewers can go on watching live. Record on this computer, or start a new show once the cause is gone.');
  }
  const wanted = connections.filter((one) => !one.isHeld);
  const down = wanted.filter((one) => !one.isPublishing);
  if (down.length > 0 && down.length === wanted.length) {
    return bad(`Nothing reaches the service${because(down)}.`, 'Check the network cable or the Wi-Fi. Fieldcast goes on trying by itself.');
  }
  const stopped = arrivals.filter(({ rendition, ageSeconds = 0 }) => ageSeconds > STOPPED_SECONDS && !resting.includes(rendition) && wanted.some((one) => one.rendition === rendition && one.isPublishing));
  if (stopped.length > 0) {
    const longest = Math.round(Math.max(...stopped.map((one) => one.ageSeconds ?? 0)));
    return bad(`The service has received nothing of ${names(stopped)} for ${longest} s, although the connection is up.`, 'Look at the preview. If it stands, reconnect; if that does not help, ask the service’s owner.');
  }
  if (resting.length === 0 && encoderDroppedFrames > framesExpected * MANY_REPEATS) {
    return bad(`This computer is too slow: ${encoderDroppedFrames} frames of the last minute were not encoded.`, 'Close other programs, or start again with a smaller ladder.');
  }
  return undefined;
}

function degradedMatter(facts: HealthFacts): Judgement | undefined {
  const { connections, encoderDroppedFrames, encoderLagFrames, framesPerSecond, repeatedFrames, framesExpected, lateTicks, service, serviceSilentSeconds, resting } = facts;
  const held = connections.filter((one) => one.isHeld);
  const down = connections.filter((one) => !one.isHeld && !one.isPublishing);
  if (down.length > 0) return degraded(`${names(down)} ${down.length === 1 ? 'does' : 'do'} not reach the service${because(down)}; the other renditions go on.`, 'Nothing needs to be done: Fieldcast goes on trying by itself.');
  if (held.length > 0) return degraded(`The uplink is too slow for all renditions: ${names(held)} ${held.length === 1 ? 'rests' : 'rest'}, the others go on.`, 'Use a cable instead of Wi-Fi, or free the uplink. It comes back by itself.');
  if (resting.length > 0) {
    const all = names(resting.map((rendition) => ({ rendition })));
    return degraded(`This computer is too slow for all renditions: ${all} ${resting.length === 1 ? 'rests' : 'rest'}, the others go on.`, 'Close other programs. It comes back by itself.');
  }
  if (encoderDroppedFrames > 0 || encoderLagFrames > framesPerSecond * LONG_LAG_SECONDS) {
    return degraded(encoderDroppedFrames > 0 ? `This computer is barely fast enough: ${encoderDroppedFrames} frames of the last minute were not encoded.` : `The encoder is ${(encoderLagFrames / framesPerSecond).toFixed(1)} s behind.`, 'Close other programs. For the next show choose a smaller ladder.');
  }
  const queued = connections.filter((one) => one.queuedMs > LONG_QUEUE_MS);
  if (queued.length > 0) {
    const seconds = (Math.max(...queued.map((one) => one.queuedMs)) / 1000).toFixed(1);
    return degraded(`The uplink is slower than the stream: ${names(queued)} ${queued.length === 1 ? 'is' : 'are'} ${seconds} s behind.`, 'Use a cable instead of Wi-Fi, or stop other uploads.');
  }
  const lost = connections.filter((one) => one.droppedMs > 0);
  if (lost.length > 0) {
    const seconds = (Math.max(...lost.map((one) => one.droppedMs)) / 1000).toFixed(1);
    return degraded(`${seconds} s of ${names(lost)} were lost on the way within the last minute.`, 'Watch the uplink. If it happens again, choose a smaller ladder for the next show.');
  }
  const again = connections.filter((one) => one.reconnects > 0);
  if (again.length > 0) return degraded(`The connection of ${names(again)} broke within the last minute and is back.`, 'Nothing needs to be done now. If it happens again, check the network.');
  if (repeatedFrames > framesExpected * MANY_REPEATS) {
    return degraded(`The source gives too few pictures: ${repeatedFrames} of the last minute were shown twice.`, 'Check its cable and its frame rate; in the dark, cameras slow down.');
  }
  if (lateTicks > framesExpected * MANY_LATE_TICKS) return degraded(`This computer is busy: the clock was late ${lateTicks} times within the last minute.`, 'Close other programs.');
  // The declared bitrate of sound is often not reached by silence, and a first "good" is no reason to worry anyone.
  if (service?.verdict === 'poor') {
    const words = service.sentences.filter((one) => !one.startsWith('audio')).slice(0, 2).join(' ');
    if (words !== '') return degraded(`The service is not content with what arrives: ${words}`, 'Look at the preview, and watch the uplink.');
  }
  if (serviceSilentSeconds > SILENT_SECONDS) {
    return degraded(`The service has not said for ${Math.round(serviceSilentSeconds)} s what it receives.`, 'The stream itself goes on. Look at the preview.');
  }
  return undefined;
}

/** The least of matters: the main show is well. */
function sideMatter({ sideOutputs }: HealthFacts): Judgement | undefined {
  const [first] = sideOutputs;
  if (first === undefined) return undefined;
  const all = names(sideOutputs.map(({ name }) => ({ rendition: name })));
  const verb = sideOutputs.length === 1 ? 'does' : 'do';
  if (sideOutputs.every(({ state }) => state === 'held')) return degraded(`The main destination is well; ${all} ${sideOutputs.length === 1 ? 'rests' : 'rest'}, for want of uplink.`, 'Free the uplink. It comes back by itself.');
  const why = sideOutputs.find(({ lastError }) => lastError !== undefined)?.lastError;
  return degraded(
    `The main destination is well; ${all} ${verb} not get the stream${why === undefined ? '' : ` (${why.replace(/[.\s]+$/, '')})`}.`,
    sideOutputs.some(({ state }) => state === 'failed') ? `Check its key and its page, then switch it on again: fieldcast control also ${sideOutputs.find(({ state }) => state === 'failed')?.name ?? first.name} on.` : 'Nothing needs to be done: Fieldcast goes on trying by itself.',
  );
}

function good({ connections, arrivals }: HealthFacts): Judgement {
  if (connections.length === 0) return { light: 'good', word: 'Good', shape: 'circle', sentence: 'All is ready; nothing is being sent yet.' };
  const told = arrivals.filter((one) => one.incomingKbps !== undefined);
  const megabits = told.reduce((sum, one) => sum + (one.incomingKbps ?? 0), 0) / 1000;
  const sentence = told.length > 0
    ? `All is well: the service receives ${told.length === 1 ? 'the rendition' : quantity(told.length)}, ${megabits.toFixed(1)} Mbit/s of picture.`
    : `All is well: ${connections.length === 1 ? 'the rendition is' : `${quantity(connections.length)} are`} being sent.`;
  return { light: 'good', word: 'Good', shape: 'circle', sentence };
}

function quantity(renditions: number): string {
  return renditions === 2 ? 'both renditions' : `all ${renditions} renditions`;
}

function bad(sentence: string, action: string): Judgement {
  return { light: 'bad', word: 'Bad', shape: 'octagon', sentence, action };
}

function degraded(sentence: string, action: string): Judgement {
  return { light: 'degraded', word: 'Degraded', shape: 'triangle', sentence, action };
}

function because(connections: readonly ConnectionFacts[]): string {
  const error = connections.find((one) => one.lastError !== undefined)?.lastError;
  return error === undefined ? '' : ` (${error.replace(/[.\s]+$/, '')})`;
}

function names(renditions: readonly { readonly rendition: string }[]): string {
  const all = renditions.map((one) => one.rendition);
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1) ?? ''}`;
}
