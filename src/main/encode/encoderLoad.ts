// How the show is to be encoded from the next handover on: what the operator asked for, at the level that the machine carries. Pure: it starts
// nothing, and the caller brings time and lag.
import type { EncoderChoice } from '../../contract/encoder.ts';
import type { Ladder } from '../../contract/ladder.ts';
import { settingsSteps, withBitrate, type EncodeSettings } from './encodeSettings.ts';
import { OverloadGovernor } from './overloadGovernor.ts';
import type { HandoverCause } from './handoverPlan.ts';

export type LoadStep = { readonly direction: 'down' | 'up'; readonly cause: 'step-down' | 'step-up'; readonly settings: EncodeSettings };

export class EncoderLoad {
  /** As operator and load want them; a worker has those of the moment at which it was started. */
  settings: EncodeSettings;
  readonly #ladder: Ladder;
  readonly #stepUpAfterMs: number | undefined;
  #steps: readonly Pick<EncodeSettings, 'encoder' | 'shedRenditions'>[];
  #governor: OverloadGovernor;

  /** @param stepUpAfterMs how long all must be well after a step down, ms */
  constructor(encoder: EncoderChoice, ladder: Ladder, stepUpAfterMs: number | undefined) {
    this.#ladder = ladder;
    this.#stepUpAfterMs = stepUpAfterMs;
    this.settings = { encoder, plannedPreset: encoder.preset, targetKbps: {}, shedRenditions: 0 };
    this.#steps = settingsSteps(encoder, ladder);
    this.#governor = new OverloadGovernor(this.#steps.length, stepUpAfterMs);
  }

  /** Growth of the lag over the last second. */
  get growthMsPerS(): number {
    return this.#governor.growthMsPerS;
  }

  /** @throws OperatorError as {@link withBitrate} */
  withBitrate(rendition: string, kbps: number): EncodeSettings {
    return withBitrate(this.settings, this.#ladder, rendition, kbps);
  }

  /** What to change now; to be answered by setting {@link settings} and, once it holds, {@link done}, or by {@link refused}. */
  observe(nowMs: number, lagMs: number): LoadStep | undefined {
    const direction = this.#governor.observe(nowMs, lagMs);
    if (direction === undefined) return undefined;
    return { direction, cause: direction === 'down' ? 'step-down' : 'step-up', settings: { ...this.settings, ...this.#steps[this.#governor.level] } };
  }

  /** Another worker has begun: its lag says nothing about the one before. */
  done(nowMs: number): void {
    this.#governor.done(nowMs);
  }

  refused(nowMs: number, direction: 'down' | 'up'): void {
    this.#governor.refused(nowMs, direction);
  }

  /** What `cause` was to bring is not to be had: these hold again. */
  goBack(nowMs: number, settings: EncodeSettings, cause: HandoverCause | undefined): void {
    this.settings = settings;
    if (cause === 'step-down' || cause === 'step-up') this.#governor.refused(nowMs, cause === 'step-down' ? 'down' : 'up');
  }

  /** Begins anew with another encoder, with everything encoded, and keeps the operator's bitrates. */
  useEncoder(encoder: EncoderChoice): void {
    this.#steps = settingsSteps(encoder, this.#ladder);
    this.#governor = new OverloadGovernor(this.#steps.length, this.#stepUpAfterMs);
    this.settings = { ...this.settings, encoder, plannedPreset: encoder.preset, shedRenditions: 0 };
  }
}
