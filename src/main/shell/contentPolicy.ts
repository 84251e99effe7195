// The rules for what the desktop's page may open and use (what it may load: src/main/page/pagePolicy.ts). Pure decisions; desktop.ts and window.ts apply them.
import { APP_ORIGIN } from '../../contract/desktop.ts';

/** Permissions (Electron's names) that the page may have; all others are refused. Devices are opened by the engine, never by a page. */
const ALLOWED_PERMISSIONS: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'fullscreen']);

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
