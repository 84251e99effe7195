// Why an encoder is not used, in words: from the last lines of FFmpeg. Pure.
import type { EncoderName } from '../../contract/encoder.ts';

/** Lines of FFmpeg's own sources (nvenc.c, qsv.c, hwcontext_vaapi.c, amfenc.c, videotoolboxenc.c, mfenc.c, v4l2_m2m.c). */
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/OpenEncodeSessionEx failed: (out of memory|incompatible client key)/i, 'the NVIDIA driver allows fewer encoders at once than the ladder has renditions'],
  [/Driver does not support the required nvenc API version|minimum required Nvidia driver/i, 'the NVIDIA driver is too old for this FFmpeg'],
  [/No capable devices found|No NVENC capable devices found|OpenEncodeSessionEx failed/i, 'the NVIDIA card does not encode H.264 with these settings'],
  [/Cannot load (lib)?(nv)?cuda|Cannot load (lib)?nvEncodeAPI|Cannot load nvcuda|cuInit\(0\) failed/i, 'there is no NVIDIA card, or no driver for it'],
  [/DLL amfrt(32|64)\.dll failed to open|CreateComponent.*failed|AMF.*(not found|initialisation failed)/i, 'there is no AMD card, or no driver for it'],
  [/(creating|initializing) (a |an internal |the )?MFX session|MFX session:|Error (querying|creating).*implementation|no (vpl|mfx) implementation/i, 'there is no Intel Quick Sync, or no driver for it'],
  [/No VA display found|Failed to initialise VAAPI|vaInitialize|Device creation failed|No usable encoding (entrypoint|profile)|Encoding entrypoint not found/i, 'there is no GPU that encodes H.264 through VAAPI'],
  [/cannot create compression session|hardware encoder may be busy/i, 'this Mac has no free hardware encoder for these settings'],
  [/could not find any MFT|could not create MFT/i, 'Windows has no hardware encoder to offer'],
  [/Could not find a valid device|can't configure encoder/i, 'there is no such encoder in this machine'],
  [/Unrecognized option|Option .* not found|Unable to parse option|Undefined constant/i, 'this FFmpeg does not know its settings'],
];

/**
 * One sentence without its full stop: the cause where it is known, and FFmpeg's own line.
 * @param tail redacted lines of stderr. @param fallback where they say nothing.
 */
export function refusalOf(encoder: EncoderName, tail: readonly string[], fallback: string): string {
  for (const [pattern, words] of CAUSES) {
    const line = tail.find((one) => pattern.test(one));
    if (line !== undefined) return `${words} (${plain(line)})`;
  }
  const own = tail.find((line) => line.includes(encoder) && /\[(error|fatal)\]/.test(line)) ?? tail.find((line) => /\[(error|fatal)\]/.test(line));
  return own === undefined ? fallback : `it failed (${plain(own)})`;
}

function plain(line: string): string {
  return line.replaceAll(/\[[^\]]*\] */g, '').replace(/[.\s]+$/, '').slice(0, 200);
}
