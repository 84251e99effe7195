// A cue with its place on the timeline, as publishers send it.

export type TimedSplice = {
  readonly kind: 'splice';
  /** Unique in the show; messages about one break share it. */
  readonly id: string;
  /** Presentation time, s. */
  readonly seconds: number;
  readonly durationSeconds: number | undefined;
  /** splice_info_section(); where there is none only the plain forms can say it. */
  readonly section: Uint8Array;
  /** How it is said over RTMP: SCTE-35 as it is, Adobe's simple mode, or Elemental's onCuePoint. */
  readonly form: 'scte35' | 'simple' | 'cuePoint';
};

export type TimedData = {
  readonly kind: 'data';
  readonly id: string;
  readonly seconds: number;
  readonly durationSeconds: number | undefined;
  readonly scheme: string;
  readonly json: string;
};

export type TimedCue = TimedSplice | TimedData;
