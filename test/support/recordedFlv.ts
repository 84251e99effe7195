// What a server recorded, taken apart; and whether FFmpeg can decode it.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { parseAudioPayload } from '../../src/main/rtmp/flvAudio.ts';
import { FlvReader } from '../../src/main/rtmp/flvReader.ts';
import { parseVideoPayload } from '../../src/main/rtmp/flvVideo.ts';

export type RecordedFrame = { readonly timestampMs: number; readonly compositionMs: number; readonly isIdr: boolean; readonly digest: string };
export type RecordedFlv = {
  readonly video: readonly RecordedFrame[];
  readonly audio: readonly RecordedFrame[];
  /** Every tag in file order. */
  readonly timestamps: readonly number[];
};

export async function readRecordedFlv(path: string): Promise<RecordedFlv> {
  const video: RecordedFrame[] = [];
  const audio: RecordedFrame[] = [];
  const timestamps: number[] = [];
  for (const { type, timestampMs, payload } of new FlvReader().push(await readFile(path))) {
    if (type === 'video') {
      const parsed = parseVideoPayload(payload);
      if (parsed.avcPacketType !== 'nalu') continue;
      video.push({ timestampMs, compositionMs: parsed.compositionMs, isIdr: parsed.frameType === 'key', digest: digestOf(parsed.data) });
    } else if (type === 'audio') {
      const parsed = parseAudioPayload(payload);
      if (parsed.aacPacketType !== 'raw' || parsed.data.length === 0) continue;
      audio.push({ timestampMs, compositionMs: 0, isIdr: true, digest: digestOf(parsed.data) });
    } else {
      continue;
    }
    timestamps.push(timestampMs);
  }
  return { video, audio, timestamps };
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex').slice(0, 12);
}

/** What FFmpeg complains about when it decodes the whole file; empty when nothing. */
export async function decodeComplaints(path: string): Promise<string> {
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-xerror', '-err_detect', 'explode', '-i', path, '-f', 'null', '-'], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints += text; });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return code === 0 ? complaints : `FFmpeg ended with ${code}: ${complaints}`;
}
