// An FFmpeg whose encoders write garbage into their first output once, in mid-stream: a script around the real one, for FIELDCAST_FFMPEG.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Good bytes before the garbage: a second or two of each. */
const GOOD_BYTES = { video: 200_000, audio: 40_000 } as const;

export type SpoilingFfmpeg = { readonly binary: string; /** The next encoder of this kind that is started is spoiled. */ readonly spoilNext: (kind: keyof typeof GOOD_BYTES) => Promise<void> };

export async function spoilingFfmpeg(folder: string): Promise<SpoilingFfmpeg> {
  const marks = path.join(folder, 'spoil');
  await mkdir(marks);
  const binary = path.join(folder, 'ffmpeg-spoiling');
  await writeFile(binary, `#!/bin/sh
kind=none
for argument in "$@"; do
  case "$argument" in libx264) kind=video;; aac) kind=audio;; esac
done
if rm "${marks}/$kind" 2>/dev/null; then
  case $kind in video) good=${GOOD_BYTES.video};; *) good=${GOOD_BYTES.audio};; esac
  ffmpeg "$@" | { head -c $good; head -c 100000 /dev/urandom; cat > /dev/null; }
else
  exec ffmpeg "$@"
fi
`);
  await chmod(binary, 0o755);
  return { binary, spoilNext: async (kind) => writeFile(path.join(marks, kind), '') };
}
