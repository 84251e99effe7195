// Media of a show that is not at its service: what, when, and why.
import { z } from 'zod';

/** Media of the show that is not at its service, in one piece of time or several near each other. */
export const undeliveredSchema = z.object({
  /** Name of the rendition, or `audio`. */
  track: z.string(),
  /**
   * The place where it was lost. `encoder`: it was never encoded; `queue`: it was dropped before it was sent, as the policy of the connection
   * says; `network`: it was sent, and nobody said that it arrived; `ingest`: the service took it and does not serve it; `archive`: the same,
   * with a service that says that it cannot record.
   */
  cause: z.enum(['encoder', 'queue', 'network', 'ingest', 'archive']),
  /** On the event's timeline, s; `to` is the end of the last missing frame. */
  fromSeconds: z.number(),
  toSeconds: z.number(),
  fromUtc: z.string(),
  toUtc: z.string(),
  /** Missing frames in it; of 1024 samples for sound. */
  frames: z.int(),
});
export type Undelivered = z.infer<typeof undeliveredSchema>;
