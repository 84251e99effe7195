// Answers app://fieldcast/… from the built renderer. It never reads outside of that folder and never lists it.
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { isOwnPage, SECURITY_HEADERS } from './contentPolicy.ts';

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
 * One request of the app protocol.
 * @param root folder of the built renderer, absolute.
 * @returns the file with the security headers; 405 for anything but GET, 404 for what is not a known kind of file inside `root`.
 */
export async function answerAppRequest(root: string, request: { readonly method: string; readonly url: string }): Promise<Response> {
  if (request.method !== 'GET') return new Response(null, { status: 405, headers: SECURITY_HEADERS });
  const path = filePath(root, request.url);
  const type = path === undefined ? undefined : TYPES[extname(path)];
  if (path === undefined || type === undefined) return new Response(null, { status: 404, headers: SECURITY_HEADERS });
  try {
    return new Response(new Uint8Array(await readFile(path)), { headers: { ...SECURITY_HEADERS, 'content-type': type } });
  } catch {
    return new Response(null, { status: 404, headers: SECURITY_HEADERS });
  }
}

function filePath(root: string, url: string): string | undefined {
  if (!isOwnPage(url)) return undefined;
  let pathname: string;
  try {
    pathname = decodeURIComponent(new URL(url).pathname);
  } catch {
    return undefined;
  }
  if (pathname.includes('\0')) return undefined;
  const path = join(root, pathname === '/' || pathname === '' ? 'index.html' : pathname);
  return path.startsWith(root + sep) ? path : undefined;
}
