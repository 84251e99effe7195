// What each type of live event takes (Media Services v3, “live event types comparison”, and its recommendations for encoders). Pure.
import type { EventType } from '../../contract/eventSettings.ts';

export type EventLimits = {
  /** All renditions with their sound. */
  readonly totalKbps: number;
  readonly renditionKbps: number;
  readonly maxFps: number;
  /** The longer and the shorter side. */
  readonly longSide: number;
  readonly shortSide: number;
  /** The service makes the ladder itself from one rendition. */
  readonly encodes: boolean;
};

const ENCODING = { totalKbps: 20_000, renditionKbps: 20_000, maxFps: 30, encodes: true } as const;

export const EVENT_LIMITS: Readonly<Record<EventType, EventLimits>> = {
  PassthroughBasic: { totalKbps: 5_000, renditionKbps: 4_000, maxFps: 60, longSide: 4_096, shortSide: 2_160, encodes: false },
  PassthroughStandard: { totalKbps: 60_000, renditionKbps: 20_000, maxFps: 60, longSide: 4_096, shortSide: 2_160, encodes: false },
  // More than the highest rendition that it makes would be sent for nothing, and it halves rates above 30.
  Standard: { ...ENCODING, longSide: 1_280, shortSide: 720 },
  Premium1080P: { ...ENCODING, longSide: 1_920, shortSide: 1_088 },
};
