// A protection as it stands in the form, and what is sent of it. Pure: what is missing is named, nothing is guessed.
import type { z } from 'zod';
import { protectionFormSchema } from '../contract/contentProtection.ts';
import { protectionNameSchema } from '../contract/upload.ts';

type FormInput = z.input<typeof protectionFormSchema>;

export type Draft = {
  readonly name: string;
  readonly who: 'open' | 'token';
  readonly issuer: string;
  readonly audience: string;
  readonly signedWith: 'ours' | 'symmetric' | 'certificate';
  readonly tokenSecret: string;
  readonly aes128: boolean;
  readonly playReady: boolean;
  readonly playReadySecurity: 'SL150' | 'SL2000' | 'SL3000';
  readonly playReadyHours: string;
  readonly widevine: boolean;
  readonly widevineTracks: 'SD_ONLY' | 'SD_HD' | 'SD_UHD1' | 'SD_UHD2';
  readonly widevineLevel: number;
  readonly widevineHdcp: 'HDCP_NONE' | 'HDCP_V1' | 'HDCP_V2' | 'HDCP_V2_1' | 'HDCP_V2_2' | 'HDCP_NO_DIGITAL_OUTPUT';
  readonly fairPlay: boolean;
  readonly fairPlayCertificate: string;
  readonly fairPlayPassword: string;
  readonly fairPlayAsk: string;
  /** PlayReady and Widevine: the player may keep the licence. FairPlay: without an end. */
  readonly persistent: boolean;
};

export const emptyDraft: Draft = {
  name: '', who: 'token', issuer: 'fieldcast', audience: 'viewers', signedWith: 'ours', tokenSecret: '', aes128: true,
  playReady: false, playReadySecurity: 'SL2000', playReadyHours: '', widevine: false, widevineTracks: 'SD_HD', widevineLevel: 1, widevineHdcp: 'HDCP_NONE',
  fairPlay: false, fairPlayCertificate: '', fairPlayPassword: '', fairPlayAsk: '', persistent: false,
};

export type Missing = 'name' | 'kind' | 'token' | 'tokenSecret' | 'fairPlay' | 'together' | 'hours' | 'values';

/** `form` is undefined while anything is missing. */
export function formOf(draft: Draft): { readonly form: FormInput | undefined; readonly missing: readonly Missing[] } {
  const hours = draft.playReadyHours.trim() === '' ? undefined : Number(draft.playReadyHours);
  const missing: Missing[] = [
    ...(protectionNameSchema.safeParse(draft.name.trim()).success ? [] : ['name' as const]),
    ...(draft.aes128 || draft.playReady || draft.widevine || draft.fairPlay ? [] : ['kind' as const]),
    ...(draft.aes128 && draft.fairPlay ? ['together' as const] : []),
    ...(draft.who === 'token' && (draft.issuer.trim() === '' || draft.audience.trim() === '') ? ['token' as const] : []),
    ...(draft.who === 'token' && draft.signedWith !== 'ours' && draft.tokenSecret === '' ? ['tokenSecret' as const] : []),
    ...(draft.fairPlay && [draft.fairPlayCertificate, draft.fairPlayPassword, draft.fairPlayAsk].includes('') ? ['fairPlay' as const] : []),
    ...(draft.playReady && hours !== undefined && !(hours > 0) ? ['hours' as const] : []),
  ];
  if (missing.length > 0) return { form: undefined, missing };
  const form: FormInput = {
    who: draft.who === 'open' ? { kind: 'open' } : {
      kind: 'token', issuer: draft.issuer.trim(), audience: draft.audience.trim(),
      signedWith: draft.signedWith === 'ours' ? { kind: 'ours' } : { kind: draft.signedWith, secret: draft.tokenSecret },
    },
    aes128: draft.aes128,
    ...(draft.playReady ? { playReady: { security: draft.playReadySecurity, persistent: draft.persistent, ...(hours === undefined ? {} : { validHours: hours }) } } : {}),
    ...(draft.widevine ? { widevine: { tracks: draft.widevineTracks, securityLevel: draft.widevineLevel, hdcp: draft.widevineHdcp, persistent: draft.persistent } } : {}),
    ...(draft.fairPlay ? { fairPlay: { certificate: draft.fairPlayCertificate, password: draft.fairPlayPassword, ask: draft.fairPlayAsk, rental: draft.persistent ? 'persistentUnlimited' : 'none' } } : {}),
  };
  return protectionFormSchema.safeParse(form).success ? { form, missing } : { form: undefined, missing: ['values'] };
}
