// The `.ism` of a set of MP4 files: the SMIL list from which Media Services streams them without packaging them first. Pure.

/** One track of a set. */
export type SetTrack = {
  readonly kind: 'video' | 'audio';
  /** Beside the manifest. */
  readonly fileName: string;
  /** bit/s; undefined where the manifest does not say. */
  readonly bitrate: number | undefined;
};

/** A manifest of some kilobytes is a long one. */
export const MAX_MANIFEST_BYTES = 256 * 1024;
const MAX_TRACKS = 64;

/**
 * @param tracks the highest rendition first
 * @returns SMIL 2.0 as the service's own encoder writes it ("Stream existing MP4 files" of the documentation)
 */
export function serverManifest(tracks: readonly SetTrack[]): string {
  return [
    '<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
    '<smil xmlns="http://www.w3.org/2001/SMIL20/Language">',
    '  <head>', '    <meta name="formats" content="mp4" />', '  </head>',
    '  <body>', '    <switch>',
    ...tracks.map(({ kind, fileName, bitrate }) => `      <${kind} src="${escaped(fileName)}"${bitrate === undefined ? '' : ` systemBitrate="${bitrate}"`} />`),
    '    </switch>', '  </body>', '</smil>', '',
  ].join('\n');
}

/** The tracks that a manifest lists; empty for a text that lists none. What points elsewhere than beside the manifest is left out. */
export function parseServerManifest(text: string): SetTrack[] {
  const tracks: SetTrack[] = [];
  for (const [, tag = '', attributes = ''] of text.slice(0, MAX_MANIFEST_BYTES).matchAll(/<(video|audio)\s([^<>]*)>/gi)) {
    const values = new Map([...attributes.matchAll(/([A-Za-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name = '', double, single]) => [name.toLowerCase(), unescaped(double ?? single ?? '')]));
    const fileName = values.get('src') ?? '';
    const bitrate = Number(values.get('systembitrate') ?? Number.NaN);
    if (fileName === '' || fileName.startsWith('.') || /[/\\:]/.test(fileName) || tracks.length >= MAX_TRACKS) continue;
    tracks.push({ kind: tag.toLowerCase() === 'video' ? 'video' : 'audio', fileName, bitrate: Number.isSafeInteger(bitrate) && bitrate > 0 ? bitrate : undefined });
  }
  return tracks;
}

const ENTITIES = [['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['"', '&quot;'], ["'", '&apos;']] as const;

function escaped(text: string): string {
  return ENTITIES.reduce((done, [character, entity]) => done.replaceAll(character, entity), text);
}

function unescaped(text: string): string {
  return ENTITIES.toReversed().reduce((done, [character, entity]) => done.replaceAll(entity, character), text);
}
