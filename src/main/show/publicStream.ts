// The stream as viewers get it: making it public, waiting until it plays, and comparing it at the end with what was sent.
import { AAC_FRAME_SAMPLES, AUDIO_SAMPLE_RATE } from '../../contract/ladder.ts';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import type { ReceivedTrack } from '../../contract/report.ts';
import type { LiveService } from '../cloud/liveService.ts';
import type { MediaChain } from './chain.ts';
import type { ShowBook } from './showBook.ts';
import { USUAL_ARCHIVE_SECONDS } from './eventRules.ts';
import { required } from './showEvent.ts';
import { failureOf, type ShowSteps } from './showSteps.ts';
import { verify, type Verdict } from './verification.ts';

/** How a stream is looked at as a viewer would. */
export type PlaybackReaders = {
  readonly waitUntilPlayable: (hlsUrl: string, options: { ca: string | undefined; signal: AbortSignal; timeoutMs: number; minVariants: number }) => Promise<void>;
  readonly readArchive: (dashUrl: string, options: { ca: string | undefined; signal: AbortSignal }) => Promise<readonly ReceivedTrack[]>;
};

export type Comparison = { readonly verdict: Verdict; readonly received: readonly ReceivedTrack[] };

const PLAYABLE_MS = 45_000;
/** How long the service may take to serve the last fragment after the end. */
const ARCHIVE_SETTLE_MS = 15_000;

export class PublicStream {
  readonly #book: ShowBook;
  readonly #steps: ShowSteps;
  readonly #readers: PlaybackReaders;

  constructor(book: ShowBook, steps: ShowSteps, readers: PlaybackReaders) {
    this.#book = book;
    this.#steps = steps;
    this.#readers = readers;
  }

  async publish(service: LiveService, eventName: string): Promise<void> {
    const book = this.#book;
    book.progress('Opening the public stream.');
    await book.writeCreated({ publishedOutput: true });
    const { created, plan } = book.journal;
    const { archiveSeconds = USUAL_ARCHIVE_SECONDS, rewindSeconds, locatorId, publicFrom, publicUntil, streamingPolicy } = plan.event ?? {};
    const published = await this.#steps.run(service.publish({
      eventName,
      outputName: required(created.outputName),
      assetName: required(created.assetName),
      manifestName: required(created.manifestName),
      archiveWindowSeconds: archiveSeconds,
      ...(rewindSeconds === undefined ? {} : { rewindWindowSeconds: rewindSeconds }),
      ...(locatorId === undefined ? {} : { locatorId }),
      ...(publicFrom === undefined ? {} : { publicFrom: new Date(publicFrom) }),
      ...(publicUntil === undefined ? {} : { publicUntil: new Date(publicUntil) }),
      ...(streamingPolicy === undefined ? {} : { streamingPolicy }),
    }, book.operation(this.#steps.signal)));
    await book.write({ operation: undefined });
    book.setPlayback({ ...book.playback, hls: published.urls.hls, dash: published.urls.dash });
  }

  /**
   * Waits until a viewer could watch; false where the show ended before, or there is nothing to watch.
   * A stream that does not play in time is a warning, once: the media flows on and may yet.
   */
  async untilPlayable(chain: MediaChain, service: LiveService, which: 'preview' | 'public'): Promise<boolean> {
    const { playback, journal } = this.#book;
    const url = which === 'preview' ? playback.preview : playback.hls;
    if (url === undefined) return false;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#steps.signal, stop.signal]);
    const minVariants = journal.plan.ladder.renditions.length;
    let warned = false;
    try {
      for (;;) {
        const result = await this.#steps.run(Promise.race([
          this.#readers.waitUntilPlayable(url, { ca: service.ca, signal, timeoutMs: PLAYABLE_MS, minVariants }).then(() => 'plays' as const, (error: unknown) => error),
          this.#steps.endRequested.then(() => 'end' as const),
          chain.reachedEnd.then(() => 'end' as const),
        ]));
        if (result === 'end') return false;
        if (result === 'plays') return true;
        if (!(result instanceof OperatorError) || result.code !== 'NOT_PLAYABLE') throw result;
        if (!warned) this.#book.warn(failureOf(result));
        warned = true;
      }
    } finally {
      stop.abort();
    }
  }

  /**
   * Compares what was sent with what is served, while the output still exists, so that a slow service can deliver its last fragment.
   */
  async compare(chain: MediaChain, service: LiveService, archiveFailure: () => Promise<string | undefined>): Promise<Comparison> {
    const { dash } = this.#book.playback;
    if (dash === undefined) return { verdict: notComparable('The show was not made public, so there is no archive to compare.'), received: [] };
    this.#book.progress('Comparing what was sent with what is served.');
    const deadline = performance.now() + ARCHIVE_SETTLE_MS;
    let result = await this.#compare(chain, service, dash);
    while (result.verdict.mayStillArrive && performance.now() < deadline && !this.#steps.signal.aborted) {
      await new Promise((resolve) => { setTimeout(resolve, 500); });
      result = await this.#compare(chain, service, dash);
    }
    // What is played from a running service's memory may never have reached its disk.
    const notRecorded = await this.#steps.run(archiveFailure());
    if (notRecorded !== undefined) result = { ...result, verdict: { verified: false, mayStillArrive: false, sentences: [...result.verdict.sentences, notRecorded] } };
    return result;
  }

  /** Once nobody else carries the show. */
  async end(service: LiveService): Promise<void> {
    const { eventName, outputName, publishedOutput } = this.#book.journal.created;
    if (!publishedOutput) return;
    await this.#steps.run(service.endOutput(required(eventName), required(outputName), this.#book.operation(this.#steps.signal)));
  }

  async #compare(chain: MediaChain, service: LiveService, dash: string): Promise<Comparison> {
    const figures = chain.figures();
    const { plan } = this.#book.journal;
    try {
      const received = await this.#steps.run(this.#readers.readArchive(dash, { ca: service.ca, signal: this.#steps.signal }));
      const verdict = verify({
        sent: figures.sent,
        received,
        frameRate: plan.ladder.frameRate,
        audioFrameSeconds: AAC_FRAME_SAMPLES / AUDIO_SAMPLE_RATE,
        fromFirstFrame: !plan.rehearse && plan.join === undefined && this.#book.beginning === 'new',
        keyframesAligned: figures.keyframesAligned,
      });
      return { verdict, received };
    } catch (error) {
      if (this.#steps.signal.aborted) throw error;
      return { verdict: { ...notComparable(`The archive could not be read back: ${messageOf(error)}`), mayStillArrive: true }, received: [] };
    }
  }
}

/** Nothing was compared, for this reason. */
export function notComparable(...sentences: string[]): Verdict {
  return { verified: false, sentences, mayStillArrive: false };
}
