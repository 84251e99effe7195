// A media playlist of an archive as files that decode alone: one for each initialization segment, which FFmpeg's HLS reader does not change.
// What is marked as a gap is left out.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Paths in order of time, in `folder`, with the number of segments of each. */
export async function playlistParts(url: string, folder: string, name: string): Promise<{ readonly file: string; readonly segments: number }[]> {
  const lines = (await textOf(url)).split('\n');
  const parts: { readonly pieces: Uint8Array[] }[] = [];
  let isGap = false;
  for (const line of lines) {
    if (line === '#EXT-X-GAP') isGap = true;
    const header = /^#EXT-X-MAP:URI="([^"]+)"/.exec(line)?.[1];
    if (header !== undefined) parts.push({ pieces: [await bytesOf(new URL(header, url).href)] });
    else if (line !== '' && !line.startsWith('#')) {
      if (!isGap) parts.at(-1)?.pieces.push(await bytesOf(new URL(line, url).href));
      isGap = false;
    }
  }
  return Promise.all(parts.map(async ({ pieces }, index) => {
    const file = path.join(folder, `${name}-${index}.mp4`);
    await writeFile(file, Buffer.concat(pieces));
    return { file, segments: pieces.length - 1 };
  }));
}

async function textOf(url: string): Promise<string> {
  return Buffer.from(await bytesOf(url)).toString('utf8');
}

async function bytesOf(url: string): Promise<Uint8Array> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
