// Every threshold of the monitor's alarms, in one place. Media time unless a name says otherwise.

/** How long a condition must hold before its alarm is raised, and be gone before it is cleared. */
export type Patience = { readonly raiseAfterMs: number; readonly clearAfterMs: number };

/** Below the floor of the meters (peers.md §D: −60 dBFS for 5 s). The alarm stays until something is a little louder. */
export const SILENCE_DBFS = -60;
export const SOUND_DBFS = -57;
export const SILENCE_PATIENCE: Patience = { raiseAfterMs: 5_000, clearAfterMs: 500 };

/** A real microphone always has some noise; a system that withholds it gives exact zeros. */
export const DIGITAL_ZERO_PATIENCE: Patience = { raiseAfterMs: 5_000, clearAfterMs: 500 };

/** A capture device without permission, or unplugged, gives nothing at all. */
/** Of a look's samples; the counters of both sides may be a tick apart. */
export const UNDELIVERED_SHARE = 0.8;
export const NO_SOUND_PATIENCE: Patience = { raiseAfterMs: 2_000, clearAfterMs: 1_000 };

/** Full scale, less one step of 10 bits for what a sound card's limiter leaves; three such samples in a row are no music. */
export const CLIP_LEVEL = 0.999;
export const CLIP_RUN_SAMPLES = 3;
/** Runs in one look: a single click is not worth an alarm. */
export const CLIP_RUNS = 3;
export const CLIPPING_PATIENCE: Patience = { raiseAfterMs: 0, clearAfterMs: 5_000 };

/** Limited range begins at 16; as FFmpeg's blackdetect: 98 % of the picture below a tenth of the range. */
export const BLACK_LUMA = 38;
export const BLACK_SHARE = 0.98;
export const BLACK_PATIENCE: Patience = { raiseAfterMs: 3_000, clearAfterMs: 500 };

/** People hold still, but a camera's noise does not. */
export const FROZEN_PATIENCE: Patience = { raiseAfterMs: 8_000, clearAfterMs: 500 };

/** Not one new picture: the source hangs, was unplugged or has ended. */
export const NO_SIGNAL_PATIENCE: Patience = { raiseAfterMs: 2_000, clearAfterMs: 1_000 };

/** Media time that waits in the encoder; its own look-ahead and its start stay below. */
export const ENCODER_LAG_MS = 1_500;
export const ENCODER_IN_TIME_MS = 750;
export const ENCODER_LAG_PATIENCE: Patience = { raiseAfterMs: 2_000, clearAfterMs: 3_000 };

/** Share of the ticks that come more than half a frame late: the machine is too busy for a steady clock. */
export const LATE_TICK_SHARE = 0.25;
export const PUNCTUAL_TICK_SHARE = 0.05;
export const CLOCK_PATIENCE: Patience = { raiseAfterMs: 4_000, clearAfterMs: 4_000 };

/** Beyond the GOP that was due: the file of the recording is not seen to grow. */
export const RECORD_STALLED_MS = 8_000;
export const RECORD_GROWING_MS = 4_000;
export const RECORD_PATIENCE: Patience = { raiseAfterMs: 0, clearAfterMs: 2_000 };

/** Recording time left on the disk at the recording's own pace. */
export const DISK_LOW_SECONDS = 15 * 60;
export const DISK_ENOUGH_SECONDS = 20 * 60;
export const DISK_PATIENCE: Patience = { raiseAfterMs: 0, clearAfterMs: 5_000 };
