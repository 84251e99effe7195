// What lies in an account on demand, as a person sees it.
import { z } from 'zod';
import { filterNameSchema } from './mediaFilter.ts';
import { protectionNameSchema, protectionSchema, uploadDestinationSchema } from './upload.ts';

/** Names of assets, media-services.md §2: what the service itself refuses is refused before it is asked. */
const assetNameSchema = z.string().min(1).max(260);

export const libraryQuestionSchema = z.object({
  destination: uploadDestinationSchema,
  /** A part of the name or the description, without case. */
  search: z.string().max(260).optional(),
});

export const assetQuestionSchema = z.object({ destination: uploadDestinationSchema, assetName: assetNameSchema });

export const assetPublicationSchema = assetQuestionSchema.extend({
  protection: protectionSchema.default('none'),
  /** A protection that was made before; it goes before `protection`. */
  policy: protectionNameSchema.optional(),
  /** Filters that hold for all viewers; documented: at most ten. */
  filters: z.array(filterNameSchema).max(10).default([]),
});

/** Seconds that a test token lives. */
export const testTokenSchema = assetQuestionSchema.extend({ lifeSeconds: z.int().min(60).max(7 * 86_400).default(3600) });

/** `evenIfPublic` says that the addresses that stop playing are known. */
export const assetRemovalSchema = assetQuestionSchema.extend({ evenIfPublic: z.boolean().default(false) });

export type LibraryAsset = {
  readonly name: string;
  readonly createdAtUtc?: string;
  readonly description?: string;
  /** Names of the streaming locators that make it public. */
  readonly locators: readonly string[];
  /** The live output that records into it now. */
  readonly recordedBy?: { readonly eventName: string; readonly outputName: string };
};

/** Newest first. `more` is true where the account has more than was read. */
export type LibraryListing = { readonly assets: readonly LibraryAsset[]; readonly more: boolean };
