// A filter as a person asks for it: which tracks and which part of the time viewers of an address are offered.
import { z } from 'zod';
import { uploadDestinationSchema } from './upload.ts';

/** URLs carry the name, and several of them are joined by `;`. */
export const filterNameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a filter’s name has up to 64 letters, digits, hyphens and underscores');
const seconds = z.number().min(0).max(100_000_000_000);
const kbps = z.int().min(1).max(1_000_000);

/** What is left out is not restricted. Times are seconds of the stream's own timeline, which of a live event is that of its encoder. */
export const filterFormSchema = z.object({
  only: z.enum(['video', 'audio']).optional(),
  minKbps: kbps.optional(),
  maxKbps: kbps.optional(),
  language: z.string().min(2).max(16).optional(),
  /** The rendition with which players begin, or the next below it. */
  firstKbps: kbps.optional(),
  fromSeconds: seconds.optional(),
  toSeconds: seconds.optional(),
  /** Of a running event: how far back viewers may go. */
  windowSeconds: seconds.min(60, 'the service takes at least 60 s').optional(),
  /** Of a running event: how far behind the edge viewers stay. */
  backoffSeconds: seconds.max(300, 'the service takes at most 300 s').optional(),
  /** The end holds for a running event, too. */
  endsLive: z.boolean().optional(),
}).refine((form) => Object.values(form).some((value) => value !== undefined), 'the filter restricts nothing')
  .refine(({ minKbps = 0, maxKbps = Number.POSITIVE_INFINITY }) => minKbps <= maxKbps, 'the lowest bitrate is above the highest')
  .refine(({ fromSeconds = 0, toSeconds = Number.POSITIVE_INFINITY }) => fromSeconds < toSeconds, 'the end is not after the beginning')
  .refine(({ endsLive, toSeconds }) => endsLive !== true || toSeconds !== undefined, 'an end for a running event needs its time');
export type FilterForm = z.infer<typeof filterFormSchema>;

/** Without an asset: of the account. */
export const filterQuestionSchema = z.object({ destination: uploadDestinationSchema, assetName: z.string().min(1).max(260).optional() });
export const filterCreationSchema = filterQuestionSchema.extend({ name: filterNameSchema, form: filterFormSchema });
/** `evenIfUsed` says that it is known which addresses lose it. */
export const filterRemovalSchema = filterQuestionSchema.extend({ name: filterNameSchema, evenIfUsed: z.boolean().default(false) });

export type FilterScope = { readonly assetName?: string | undefined };
export type FilterEntry = {
  readonly name: string;
  readonly assetName?: string;
  /** In words. */
  readonly sentences: readonly string[];
  /** Streaming locators that apply it to all their viewers. */
  readonly locators: readonly string[];
};
