// Protection of what is published, as a person asks for it: which DRM under which rules, who gets a licence, and what plays where.
import { z } from 'zod';
import { protectionNameSchema, uploadDestinationSchema } from './upload.ts';

/** A secret that was kept before; forms and answers hold its name only. */
export const protectionSecretSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a secret’s name has up to 64 small letters, digits, dots, hyphens and underscores');
const hours = z.number().positive().max(24 * 366 * 10);
const seconds = z.int().min(0).max(0xff_ff_ff_ff);
const utc = z.iso.datetime();
/** `{ContentKeyId}` and `{AssetAlternativeId}` are filled in by the service. */
const licenceUrl = z.string().max(2048).regex(/^https:\/\/\S+$/, 'it is no https address');

const audienceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open') }),
  z.object({
    kind: z.literal('token'),
    issuer: z.string().min(1).max(1024),
    audience: z.string().min(1).max(1024),
    /** `ours`: a key that is made now and stays with the service, for test tokens and sites that ask it. Else the name of a secret. */
    signedWith: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('ours') }),
      z.object({ kind: z.literal('symmetric'), secret: protectionSecretSchema }),
      z.object({ kind: z.literal('certificate'), secret: protectionSecretSchema }),
    ]),
    claims: z.array(z.object({ type: z.string().min(1).max(256), value: z.string().max(1024).optional() })).max(20).default([]),
  }),
]);

const playReadySchema = z.object({
  security: z.enum(['SL150', 'SL2000', 'SL3000']).default('SL2000'),
  testDevices: z.boolean().default(false),
  /** May be kept by the player for later. */
  persistent: z.boolean().default(false),
  beginUtc: utc.optional(),
  endUtc: utc.optional(),
  validHours: hours.optional(),
  graceHours: hours.optional(),
  firstPlayHours: hours.optional(),
  unknownOutputs: z.enum(['NotAllowed', 'Allowed', 'AllowedWithVideoConstriction']).default('NotAllowed'),
  digitalOnly: z.boolean().default(false),
});

const widevineSchema = z.object({
  tracks: z.enum(['SD_ONLY', 'SD_HD', 'SD_UHD1', 'SD_UHD2']).default('SD_HD'),
  /** 1: software decryption is enough … 5: everything in hardware. */
  securityLevel: z.int().min(1).max(5).default(1),
  hdcp: z.enum(['HDCP_NONE', 'HDCP_V1', 'HDCP_V2', 'HDCP_V2_1', 'HDCP_V2_2', 'HDCP_NO_DIGITAL_OUTPUT']).default('HDCP_NONE'),
  persistent: z.boolean().default(false),
  licenceSeconds: seconds.optional(),
  rentalSeconds: seconds.optional(),
  playbackSeconds: seconds.optional(),
});

const fairPlaySchema = z.object({
  /** The application certificate with its key: a PFX file, in base64. */
  certificate: protectionSecretSchema,
  password: protectionSecretSchema,
  /** The application secret key: 16 bytes, in hexadecimal, as Apple gives it. */
  ask: protectionSecretSchema,
  rental: z.enum(['none', 'persistentUnlimited', 'persistentLimited', 'dualExpiry']).default('none'),
  rentalSeconds: seconds.optional(),
  playbackSeconds: seconds.optional(),
  storageSeconds: seconds.optional(),
});

export const protectionFormSchema = z.object({
  who: audienceSchema,
  aes128: z.boolean().default(false),
  playReady: playReadySchema.optional(),
  widevine: widevineSchema.optional(),
  fairPlay: fairPlaySchema.optional(),
  /** Licence servers of your own; the service's otherwise. */
  licenceUrls: z.object({ playReady: licenceUrl.optional(), widevine: licenceUrl.optional(), fairPlay: licenceUrl.optional(), aes128: licenceUrl.optional() }).default({}),
});
export type ProtectionForm = z.infer<typeof protectionFormSchema>;

export const protectionQuestionSchema = z.object({ destination: uploadDestinationSchema });
export const protectionCreationSchema = protectionQuestionSchema.extend({ name: protectionNameSchema, form: protectionFormSchema });
export const protectionRemovalSchema = protectionQuestionSchema.extend({ name: protectionNameSchema });
export const protectionSecretInputSchema = z.object({ name: protectionSecretSchema, /** Nothing: it is forgotten. */ value: z.string().max(128 * 1024).optional() });

export type ProtectionEntry = {
  readonly name: string;
  /** `AES-128`, `PlayReady`, … each with who gets it. */
  readonly options: readonly string[];
  /** Streaming locators that are encrypted with it. */
  readonly locators: readonly string[];
};
export type MadeProtection = { readonly name: string; readonly streamingPolicy: string; readonly sentences: readonly string[] };

/** What plays where; by the documentation of the players and of Media Services, AES-128 and clear also by our own tests. */
export const PLAYER_TABLE = [
  { player: 'Chrome, Edge, Firefox (hls.js, shaka-player)', clear: 'HLS, DASH', aes128: 'HLS; the token as a header of the request for the key', drm: 'Widevine: DASH; Edge on Windows also PlayReady' },
  { player: 'Safari, iPhone, iPad', clear: 'HLS', aes128: 'HLS with an open key; with a token only through hls.js', drm: 'FairPlay: HLS' },
  { player: 'Android applications (ExoPlayer)', clear: 'HLS, DASH', aes128: 'HLS', drm: 'Widevine: DASH' },
  { player: 'Windows applications, Xbox', clear: 'HLS, DASH', aes128: 'HLS', drm: 'PlayReady: DASH, Smooth Streaming' },
  { player: 'Chromecast, Android TV', clear: 'HLS, DASH', aes128: 'HLS with an open key', drm: 'Widevine: DASH; most also PlayReady' },
  { player: 'Apple TV', clear: 'HLS', aes128: 'HLS with an open key', drm: 'FairPlay: HLS' },
  { player: 'FFmpeg, VLC', clear: 'HLS, DASH', aes128: 'HLS with an open key', drm: 'none' },
] as const;
