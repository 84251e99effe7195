// Refusals of the blob endpoint in their wire form: an HTTP status, `x-ms-error-code`, and an XML body (Blob service REST API, "Status and error codes").

/** Thrown by any handler of the blob endpoint; its error handler turns it into the answer. */
export class BlobError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'BlobError';
    this.status = status;
    this.code = code;
  }
}

/** The body of an error answer. */
export function errorXml(code: string, message: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><Error><Code>${xmlText(code)}</Code><Message>${xmlText(message)}</Message></Error>`;
}

/** Text as it may stand in an element: characters that XML 1.0 does not know become U+FFFD. */
export function xmlText(text: string): string {
  return text
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
