// Which blob names this service takes: those that are file paths of their own on every system. What passes here cannot leave its container's folder.
import { BlobError } from './blobError.ts';

/** Blob service: 1024 characters; the depth is ours. */
const MAX_NAME = 1024;
const MAX_DEPTH = 16;
const MAX_SEGMENT_BYTES = 255;
/** Folder inside a container's that holds staged blocks and properties. */
export const HIDDEN_FOLDER = '.blobs';
/** Folder inside it where a job encodes; gone when no job runs. */
export const SCRATCH_FOLDER = 'encoding';
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f<>:"|?*\\]/;
/** Device names of Windows, with or without an ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * The segments of a blob's name.
 * @throws BlobError 400 `InvalidResourceName` for what is no safe relative path.
 */
export function blobPath(name: string): readonly string[] {
  const segments = name.split('/');
  const isSafe = name.length > 0 && name.length <= MAX_NAME && segments.length <= MAX_DEPTH && segments.every(isSafeSegment)
    && segments[0]?.toLowerCase() !== HIDDEN_FOLDER;
  if (!isSafe) throw new BlobError(400, 'InvalidResourceName', 'The blob name is not one that the embedded service can keep as a file: no empty, dotted or reserved parts, none of <>:"|?*\\.');
  return segments;
}

function isSafeSegment(segment: string): boolean {
  return segment !== '' && !/^\.{1,2}$/.test(segment) && !FORBIDDEN.test(segment) && !DEVICE.test(segment)
    // Windows drops them silently, so that two names would be one file.
    && !/[. ]$/.test(segment) && Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES;
}
