// From a form to the streaming policy that goes with it: one that every account has, or one of its own. Pure.
import type { CommonEncryptionCbcs, CommonEncryptionCenc, EnabledProtocols, EnvelopeEncryption, StreamingPolicy } from '@azure/arm-mediaservices';
import type { ProtectionForm } from '../../../contract/contentProtection.ts';

export type ChosenStreamingPolicy =
  | { readonly kind: 'predefined'; readonly name: string }
  | { readonly kind: 'own'; readonly body: Pick<StreamingPolicy, 'commonEncryptionCbcs' | 'commonEncryptionCenc' | 'envelopeEncryption'> };

const CENC_PROTOCOLS: EnabledProtocols = { download: false, dash: true, hls: false, smoothStreaming: true };
const HLS_ONLY: EnabledProtocols = { download: false, dash: false, hls: true, smoothStreaming: false };

/** Predefined ones announce PlayReady and Widevine together, so a form with one of the two gets a policy of its own. */
export function streamingPolicyOf({ aes128, playReady, widevine, fairPlay, licenceUrls }: ProtectionForm): ChosenStreamingPolicy {
  const hasOwnServers = Object.values(licenceUrls).some((url) => url !== undefined);
  const [hasPlayReady, hasWidevine, hasFairPlay] = [playReady !== undefined, widevine !== undefined, fairPlay !== undefined];
  if (!hasOwnServers && aes128 && !hasPlayReady && !hasWidevine) return { kind: 'predefined', name: 'Predefined_ClearKey' };
  if (!hasOwnServers && !aes128 && hasPlayReady && hasWidevine) return { kind: 'predefined', name: hasFairPlay ? 'Predefined_MultiDrmStreaming' : 'Predefined_MultiDrmCencStreaming' };
  const at = (url: string | undefined): { customLicenseAcquisitionUrlTemplate?: string } => (url === undefined ? {} : { customLicenseAcquisitionUrlTemplate: url });
  const cenc: CommonEncryptionCenc = {
    enabledProtocols: CENC_PROTOCOLS, contentKeys: { defaultKey: { label: 'cencDefaultKey' } },
    drm: { ...(hasPlayReady ? { playReady: at(licenceUrls.playReady) } : {}), ...(hasWidevine ? { widevine: at(licenceUrls.widevine) } : {}) },
  };
  const cbcs: CommonEncryptionCbcs = {
    enabledProtocols: HLS_ONLY, contentKeys: { defaultKey: { label: 'cbcsDefaultKey' } },
    drm: { fairPlay: { ...at(licenceUrls.fairPlay), allowPersistentLicense: fairPlay?.rental !== undefined && fairPlay.rental !== 'none' } },
  };
  const envelope: EnvelopeEncryption = {
    enabledProtocols: HLS_ONLY, contentKeys: { defaultKey: { label: 'aesDefaultKey' } },
    ...(licenceUrls.aes128 === undefined ? {} : { customKeyAcquisitionUrlTemplate: licenceUrls.aes128 }),
  };
  return {
    kind: 'own',
    body: {
      ...(hasPlayReady || hasWidevine ? { commonEncryptionCenc: cenc } : {}),
      ...(hasFairPlay ? { commonEncryptionCbcs: cbcs } : {}),
      ...(aes128 ? { envelopeEncryption: envelope } : {}),
    },
  };
}
