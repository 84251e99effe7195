// Media of a show that is not at its service: what, when, and why.
import { z } from 'zod';

/** Media of the show that is not at its service, in one piece of time or several near each other. */
export const undeliveredSchema = z.object({
  /** Name of the rendition, or `audio`. */
  track: z.string(),
  /** `encoder`: it was never encoded; `connection`: the service did not take it; `service`: it took it and does not serve it. */
  cause: z.enum(['encoder', 'connection', 'service']),
  /** On the event's timeline, s; `to` is the end of the last missing frame. */
  fromSeconds: z.number(),
  toSeconds: z.number(),
  fromUtc: z.string(),
  toUtc: z.string(),
  /** Missing frames in it; of 1024 samples for sound. */
  frames: z.int(),
});
export type Undelivered = z.infer<typeof undeliveredSchema>;
