// What the page may load and reach, as response headers: the same under the desktop's own scheme and in a browser on this machine.

/** Sent with every answer. The engine and the embedded service listen on ports that are known only after their start. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    // A recording is played from the engine.
    "media-src 'self' blob: http://127.0.0.1:*",
    // The engine's API, and the pictures of the embedded service.
    "connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:*",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
