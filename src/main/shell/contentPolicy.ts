// The rules for what the desktop's page may load, open and use. Pure decisions; desktop.ts and window.ts apply them.
import { APP_ORIGIN } from '../../contract/desktop.ts';

/** Permissions (Electron's names) that the page may have; all others are refused. Devices are opened by the engine, never by a page. */
const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'fullscreen']);

/** Sent with every answer of the app protocol. The engine listens on a port that is known only after its start. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "media-src 'self' blob:",
    "connect-src 'self' ws://127.0.0.1:*",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Whether a URL is a document of this application. */
export function isOwnPage(url: string): boolean {
  // Node's URL gives `null` as the origin of a scheme it does not know, so the parts are compared.
  const parsed = URL.parse(url);
  return parsed !== null && `${parsed.protocol}//${parsed.host}` === APP_ORIGIN;
}

/** Whether the page at `url` may have `permission`. */
export function mayUse(permission: string, url: string): boolean {
  return isOwnPage(url) && ALLOWED_PERMISSIONS.has(permission);
}
