// The health of one show: feeds the model with the chain's figures, asks the service from time to time, and warns once when it records no more.
// Whatever the service answers, or does not, the show is not held up.
import { setTimeout as pause } from 'node:timers/promises';
import type { Failure, Health, RenditionReport } from '../../contract/report.ts';
import type { LiveEventInfo, LiveService } from '../cloud/liveService.ts';
import { HealthModel } from '../health/healthModel.ts';
import type { ChainFigures } from './chain.ts';

/** Seldom enough for an account's request limits, often enough for a full disk to be known while something can be done. */
const ASK_EVERY_MS = 5000;
const ANSWER_MS = 20_000;
/** The end of a show does not wait longer for an answer. */
const LAST_ANSWER_MS = 5000;

export class ShowHealth {
  readonly #model = new HealthModel();
  readonly #warn: (failure: Failure) => void;
  readonly #stop = new AbortController();
  #look: ((timeoutMs: number) => Promise<void>) | undefined;
  #archiveFailure: string | undefined;

  constructor(warn: (failure: Failure) => void) {
    this.#warn = warn;
  }

  /** Asks the service until {@link stop}. @param outputName the live output, once it has been asked for */
  watch(service: LiveService, event: Pick<LiveEventInfo, 'name' | 'previewHlsUrl'>, outputName: () => string | undefined): void {
    this.#model.expectService(performance.now());
    this.#look = async (timeoutMs) => {
      const told = await service.readHealth(event, outputName(), AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)]));
      if (this.#stop.signal.aborted) return;
      this.#model.serviceTold(told, performance.now());
      if (told.archiveFailed) this.#archiveFailed(told.sentences);
    };
    void this.#ask();
  }

  /** Why the service has no whole recording of the show, asked once more where it can be; undefined where nothing speaks against it. */
  async archiveFailure(): Promise<string | undefined> {
    await this.#look?.(LAST_ANSWER_MS).catch(() => undefined);
    return this.#archiveFailure;
  }

  /** The service has said that it does not record the show any more. */
  get hasArchiveFailed(): boolean {
    return this.#archiveFailure !== undefined;
  }

  stop(): void {
    this.#stop.abort();
  }

  observe(figures: ChainFigures): { readonly renditions: RenditionReport[]; readonly health: Health } {
    return this.#model.observe(figures, performance.now());
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await pause(ASK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      // The model says that the service is silent once it has been so for a while.
      await this.#look?.(ANSWER_MS).catch(() => undefined);
    }
  }

  #archiveFailed(sentences: readonly string[]): void {
    if (this.#archiveFailure !== undefined) return;
    const words = sentences.find((one) => /record|archive/i.test(one));
    this.#archiveFailure = `The service records this show no more. ${words ?? 'It does not say why.'}`;
    this.#warn({
      code: 'ARCHIVE_FAILED',
      message: this.#archiveFailure,
      action: 'The live stream goes on, but there will be no whole recording at the service. Record on this computer, or start a new show once the cause is gone.',
    });
  }
}
