// Takes secrets out of text that leaves this machine: every known value first, then whatever has the shape of one.

/** Below this a value could be an ordinary word. */
const SHORTEST_SECRET = 6;
const HIDDEN = '***';

const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  // Host and port help; what stands behind them is the right to publish.
  [/\b(rtmps?:\/\/)(?:[^\s"'<>/@]*@)?([^\s"'<>/]+)\/[^\s"'<>]*/gi, `$1$2/${HIDDEN}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s"'<>/@]+@/gi, `$1${HIDDEN}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, HIDDEN],
  [/\b(sig|code|token|access_token|refresh_token|id_token|client_secret|password|streamkey|key)=(?!\*)[^\s&"'<>\\]+/gi, `$1=${HIDDEN}`],
  [/("[^"]*(?:token|secret|password|passphrase|signature|streamKey|pairingCode)[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"/gi, `$1"${HIDDEN}"`],
  // Access tokens of ingest addresses, and hashes that nobody misses.
  [/\b[0-9a-f]{32}\b/gi, HIDDEN],
];

/** A function that redacts any text; `secrets` are values in any encoding that URLs and JSON give them. */
export function createTextRedactor(secrets: Iterable<string>): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    for (const value of [secret, safely(decodeURIComponent, secret)]) {
      for (const form of [value, encodeURIComponent(value), encodeURI(value), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64')]) {
        if (form.length >= SHORTEST_SECRET) forms.add(form);
      }
    }
    const bare = secret.replaceAll('-', '');
    if (/^[0-9a-f]{32}$/i.test(bare)) for (const form of [bare, bare.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')]) forms.add(form.toLowerCase()).add(form.toUpperCase());
  }
  const values = [...forms].sort((one, other) => other.length - one.length);
  return (text) => {
    let clean = text;
    for (const value of values) clean = clean.replaceAll(value, HIDDEN);
    for (const [shape, replacement] of SHAPES) clean = clean.replace(shape, replacement);
    return clean;
  };
}

function safely(decode: (text: string) => string, text: string): string {
  try {
    return decode(text);
  } catch {
    return text;
  }
}
