// Recordings and support reports of this machine under the engine's own address, and files that it is handed there, for its owner's page
// alone: `/files/KEY/…`, `/drops/KEY/…`.

export const FILES_PATH = '/files';
export const DROPS_PATH = '/drops';

/** Where the file `index` of a recording plays. `base` is the engine's HTTP address. */
export function recordingUrl(base: string, key: string, id: string, index: number): string {
  return `${base}${FILES_PATH}/${key}/recording/${id}/${index}`;
}

/** Where a piece of a handed-over file is put: what begins at byte `offset`. */
export function dropUrl(base: string, key: string, id: string, offset: number): string {
  return `${base}${DROPS_PATH}/${key}/${id}/${offset}`;
}

/** Where a support report that lies in the home is fetched; undefined for one that was written elsewhere under another name. */
export function reportUrl(base: string, key: string, path: string): string | undefined {
  const name = reportNameOf(path);
  return name === undefined ? undefined : `${base}${FILES_PATH}/${key}/report/${name}`;
}

/** The name of a report as the engine gives it, at the end of `path`. */
export function reportNameOf(path: string): string | undefined {
  return /(?:^|[/\\])(fieldcast-report-[\dTZ]{8,20}\.zip)$/.exec(path)?.[1];
}
