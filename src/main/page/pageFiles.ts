// Answers requests for the built page. It never reads outside of that folder and never lists it.
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { SECURITY_HEADERS } from './pagePolicy.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/**
 * One request for the page or one of its files.
 * @param root folder of the built renderer, absolute.
 * @param request `pathname` as it stands in the URL, still percent-encoded.
 * @returns the file with the security headers; 405 for anything but GET, 404 for what is not a known kind of file inside `root`.
 */
export async function answerPageRequest(root: string, request: { readonly method: string; readonly pathname: string }): Promise<Response> {
  if (request.method !== 'GET') return refusal(405);
  const path = filePath(root, request.pathname);
  const type = path === undefined ? undefined : TYPES[extname(path)];
  if (path === undefined || type === undefined) return refusal(404);
  try {
    return new Response(new Uint8Array(await readFile(path)), { headers: { ...SECURITY_HEADERS, 'content-type': type } });
  } catch {
    return refusal(404);
  }
}

/** An answer without a body. */
export function refusal(status: 404 | 405): Response {
  return new Response(null, { status, headers: SECURITY_HEADERS });
}

function filePath(root: string, encoded: string): string | undefined {
  let pathname: string;
  try {
    pathname = decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
  if (pathname.includes('\0')) return undefined;
  const path = join(root, pathname === '/' || pathname === '' ? 'index.html' : pathname);
  return path.startsWith(root + sep) ? path : undefined;
}
