// The service's log as its parts see it. Fields never hold access tokens, ingest URLs or the API's token.

/** Fields first, then the sentence: a pino logger fits. */
export type ServiceLog = {
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
};
