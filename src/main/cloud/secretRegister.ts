// Knows the secret values that passed through one client and removes them, and everything of their shape, from text for people.

/** Below this a value could be an ordinary word; no real token is so short. */
const SHORTEST_SECRET = 8;
const LONGEST_QUOTE = 300;
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\brtmps?:\/\/[^\s"'<>]+/gi, '[ingest URL]'],
  [/\bBearer\s+[\w.~+/=-]+/gi, 'Bearer [hidden]'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[hidden]'],
  [/\b(sig|code|access_token|refresh_token|client_secret)=[^\s&"'<>]+/gi, '$1=[hidden]'],
];

export class SecretRegister {
  readonly #values = new Set<string>();

  /** Remembers a value; GUID-like tokens are remembered with and without their dashes. */
  add(value: string | null | undefined): void {
    if (value === null || value === undefined || value.length < SHORTEST_SECRET) return;
    this.#values.add(value);
    const bare = value.replaceAll('-', '');
    if (!/^[0-9a-f]{32}$/i.test(bare)) return;
    this.#values.add(bare);
    this.#values.add(bare.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  }

  /** `text` as one line without secrets, shortened so that a hostile answer cannot flood a log. */
  redact(text: string): string {
    let clean = text;
    for (const [shape, replacement] of SHAPES) clean = clean.replace(shape, replacement);
    for (const value of this.#values) {
      clean = clean.replaceAll(value, '[hidden]').replaceAll(encodeURIComponent(value), '[hidden]').replaceAll(value.toUpperCase(), '[hidden]');
    }
    // eslint-disable-next-line no-control-regex -- control characters of a foreign answer must not reach a terminal
    clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
    return clean.length > LONGEST_QUOTE ? `${clean.slice(0, LONGEST_QUOTE)}…` : clean;
  }
}
