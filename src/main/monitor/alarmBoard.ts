// Turns what is seen of the program into alarms: which conditions are bad, and what the operator is told. Pure; time comes in.
import type { ShowPlan } from '../../contract/plan.ts';
import { AlarmSwitch, judge, type Condition } from './alarmSwitch.ts';
import * as limit from './alarmThresholds.ts';

/** What a look at the program saw since the look before it. */
export type Observation = {
  readonly ticks: number;
  /** Ticks without a new picture, and ticks that came late. */
  readonly ticksWithoutPicture: number;
  readonly lateTicks: number;
  readonly blackShare: number;
  readonly isUnchanged: boolean;
  /** Linear, over all channels; 0 is digital zero. */
  readonly soundPeak: number;
  readonly clippedRuns: number;
  /** Samples per channel, and those of them that the source did not deliver. */
  readonly samples: number;
  readonly undeliveredSamples: number;
  readonly encoderLagMs: number;
  /** Undefined while nothing is recorded or the pace is not known yet. */
  readonly diskSecondsLeft: number | undefined;
  /** Time for which the recording's file has not grown though it should have; undefined while nothing is recorded. */
  readonly recordingStalledMs: number | undefined;
};

/** What is normal for the sources of this show. */
export type Expectation = {
  /** A screen may stand still for an hour. */
  readonly mayStandStill: boolean;
  /** `none`: silence was chosen. A `device` that gives exact zeros is being withheld by the system; a file may well be silent. */
  readonly sound: 'none' | 'device' | 'other';
};

/** What the sources of a plan make normal. */
export function expectationOf({ video, audio }: Pick<ShowPlan, 'video' | 'audio'>): Expectation {
  const sound = audio.kind === 'source' ? video.kind : audio.kind;
  return { mayStandStill: video.kind === 'screen', sound: sound === 'none' ? 'none' : sound === 'microphone' ? 'device' : 'other' };
}

type Rule = {
  readonly code: string;
  readonly patience: limit.Patience;
  readonly judge: (seen: Observation, normal: Expectation) => Condition;
  readonly raised: (seen: Observation) => { readonly message: string; readonly action: string };
  readonly cleared: string;
};

export type AlarmChange = { readonly code: string; readonly raised: boolean; readonly message: string; readonly action: string };

const worseIf = (isBad: boolean): Condition => (isBad ? 'bad' : 'good');
const amplitudeOf = (dbfs: number): number => 10 ** (dbfs / 20);

const hasNoPicture = (seen: Observation): boolean => seen.ticks > 0 && seen.ticksWithoutPicture >= seen.ticks;
const hasNoSound = (seen: Observation): boolean => seen.samples > 0 && seen.undeliveredSamples >= seen.samples * limit.UNDELIVERED_SHARE;
const isWithheld = (seen: Observation, normal: Expectation): boolean => normal.sound === 'device' && seen.soundPeak === 0 && !hasNoSound(seen);

/** Each fault has one alarm: what follows from another fault is not said beside it. */
const RULES: readonly Rule[] = [
  {
    code: 'NO_SIGNAL',
    patience: limit.NO_SIGNAL_PATIENCE,
    judge: (seen) => worseIf(hasNoPicture(seen)),
    raised: () => ({ message: 'The picture source delivers nothing; the last picture, or the slate, is shown.', action: 'Check its cable and power, and that no other program uses it.' }),
    cleared: 'The picture source delivers again.',
  },
  {
    code: 'BLACK',
    patience: limit.BLACK_PATIENCE,
    judge: (seen) => worseIf(seen.blackShare >= limit.BLACK_SHARE && !hasNoPicture(seen)),
    raised: () => ({ message: 'The picture is black.', action: 'Look for a lens cap, a camera that sleeps, or the wrong source.' }),
    cleared: 'The picture is no longer black.',
  },
  {
    code: 'FROZEN',
    patience: limit.FROZEN_PATIENCE,
    judge: (seen, normal) => worseIf(seen.isUnchanged && !normal.mayStandStill && !hasNoPicture(seen) && seen.blackShare < limit.BLACK_SHARE),
    raised: () => ({ message: 'The picture is frozen: the source repeats one picture.', action: 'Restart the camera or the player. A still picture that is meant needs no action.' }),
    cleared: 'The picture moves again.',
  },
  {
    code: 'NO_SOUND',
    patience: limit.NO_SOUND_PATIENCE,
    judge: (seen, normal) => worseIf(normal.sound !== 'none' && hasNoSound(seen)),
    raised: () => ({ message: 'The sound source delivers nothing; viewers hear silence.', action: 'Check that the microphone is plugged in and allowed, or choose a source that has sound.' }),
    cleared: 'The sound source delivers again.',
  },
  {
    code: 'DIGITAL_ZERO',
    patience: limit.DIGITAL_ZERO_PATIENCE,
    judge: (seen, normal) => worseIf(isWithheld(seen, normal)),
    raised: () => ({
      message: 'The microphone gives exact zeros, which no microphone does by itself.',
      action: 'Allow the microphone for this application in the system\'s privacy settings, and look for a mute switch.',
    }),
    cleared: 'The microphone gives sound.',
  },
  {
    code: 'SILENCE',
    patience: limit.SILENCE_PATIENCE,
    judge: (seen, normal) => {
      if (normal.sound === 'none' || hasNoSound(seen) || isWithheld(seen, normal)) return 'good';
      return judge(-seen.soundPeak, -amplitudeOf(limit.SILENCE_DBFS), -amplitudeOf(limit.SOUND_DBFS));
    },
    raised: () => ({ message: `The sound has been below ${limit.SILENCE_DBFS} dBFS for ${limit.SILENCE_PATIENCE.raiseAfterMs / 1000} s.`, action: 'Check that the microphone is on and its gain is up.' }),
    cleared: 'There is sound again.',
  },
  {
    code: 'CLIPPING',
    patience: limit.CLIPPING_PATIENCE,
    judge: (seen) => judge(seen.clippedRuns, limit.CLIP_RUNS, 0),
    raised: () => ({ message: 'The sound is clipped: it is louder than full scale.', action: 'Turn the gain of the microphone or mixer down.' }),
    cleared: 'The sound is no longer clipped.',
  },
  {
    code: 'ENCODER_LAG',
    patience: limit.ENCODER_LAG_PATIENCE,
    judge: (seen) => judge(seen.encoderLagMs, limit.ENCODER_LAG_MS, limit.ENCODER_IN_TIME_MS),
    raised: (seen) => ({ message: `The encoder is ${(seen.encoderLagMs / 1000).toFixed(1)} s behind.`, action: 'Close other programs, or choose a smaller ladder for the next show.' }),
    cleared: 'The encoder keeps up again.',
  },
  {
    code: 'CLOCK_LATE',
    patience: limit.CLOCK_PATIENCE,
    judge: (seen) => judge(seen.ticks === 0 ? 0 : seen.lateTicks / seen.ticks, limit.LATE_TICK_SHARE, limit.PUNCTUAL_TICK_SHARE),
    raised: () => ({ message: 'The program clock is late: this machine, or the file that is played, is too slow.', action: 'Close other programs, or choose a smaller ladder for the next show.' }),
    cleared: 'The program clock is punctual again.',
  },
  {
    code: 'RECORD_STALLED',
    patience: limit.RECORD_PATIENCE,
    judge: ({ recordingStalledMs }) => (recordingStalledMs === undefined ? 'good' : judge(recordingStalledMs, limit.RECORD_STALLED_MS, limit.RECORD_GROWING_MS)),
    raised: ({ recordingStalledMs }) => ({
      message: `The file of the recording has not grown for ${Math.round((recordingStalledMs ?? 0) / 1000)} s.`,
      action: 'Look at its disk: full, slow, unplugged or taken away. The stream goes on, and the recording too once the disk takes it.',
    }),
    cleared: 'The recording grows again, or is over.',
  },
  {
    code: 'DISK_LOW',
    patience: limit.DISK_PATIENCE,
    judge: ({ diskSecondsLeft }) => (diskSecondsLeft === undefined ? 'between' : judge(-diskSecondsLeft, -limit.DISK_LOW_SECONDS, -limit.DISK_ENOUGH_SECONDS)),
    raised: ({ diskSecondsLeft }) => ({
      message: `The disk has room for ${Math.floor((diskSecondsLeft ?? 0) / 60)} more minutes of the recording.`,
      action: 'Free space on it. The stream goes on whatever becomes of the recording.',
    }),
    cleared: 'The disk has room for the recording again.',
  },
];

export class AlarmBoard {
  readonly #normal: Expectation;
  readonly #switches = RULES.map((rule) => ({ rule, state: new AlarmSwitch(rule.patience) }));

  constructor(normal: Expectation) {
    this.#normal = normal;
  }

  /** @param atMs media time of this look, ms; never decreases. */
  look(atMs: number, seen: Observation): AlarmChange[] {
    return this.#switches.flatMap(({ rule, state }): AlarmChange[] => {
      const change = state.look(atMs, rule.judge(seen, this.#normal));
      if (change === undefined) return [];
      return [change === 'raised'
        ? { code: rule.code, raised: true, ...rule.raised(seen) }
        : { code: rule.code, raised: false, message: rule.cleared, action: 'Nothing needs to be done.' }];
    });
  }
}
