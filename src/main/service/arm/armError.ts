// Refusals of the Media Services API in their wire form: an HTTP status and `{"error":{"code","message"}}`.

/** Thrown by any handler; the API's error handler turns it into the answer. Never a 5xx that a client would retry, 501 excepted (which it does not). */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ArmError';
    this.status = status;
    this.code = code;
  }
}

/** 400: the request itself is wrong; `message` says what to change. */
export function badRequest(message: string, code = 'BadRequest'): ArmError {
  return new ArmError(400, code, message);
}

/** 404 in the sentence of Azure Resource Manager. `type` as in ids: `Microsoft.Media/mediaservices/liveevents`. */
export function resourceNotFound(type: string, name: string): ArmError {
  return new ArmError(404, 'ResourceNotFound', `The Resource '${type}/${name}' was not found.`);
}

/** 409: the resource is in a state that does not allow it. */
export function conflict(message: string): ArmError {
  return new ArmError(409, 'Conflict', message);
}

/** 501: part of Media Services, not of this service. Clients do not retry it (media-services.md §1.2). */
export function notImplemented(what: string): ArmError {
  return new ArmError(501, 'NotImplemented', `The embedded service does not offer ${what}.`);
}

/** The body of an error answer. */
export function errorBody(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } };
}
