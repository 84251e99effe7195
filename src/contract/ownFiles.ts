// Recordings and support reports of this machine under the engine's own address, for its owner's page alone: `/files/KEY/…`.

export const FILES_PATH = '/files';

/** Where the file `index` of a recording plays. `base` is the engine's HTTP address. */
export function recordingUrl(base: string, key: string, id: string, index: number): string {
  return `${base}${FILES_PATH}/${key}/recording/${id}/${index}`;
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
