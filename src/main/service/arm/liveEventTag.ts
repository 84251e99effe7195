// The entity tag of a live event and the conditions on it (RFC 9110 §8.8.3, §13.1.1), by which several clients change one event safely.
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { LiveEventRecord } from '../records.ts';
import { ArmError } from './armError.ts';

/** Of what clients write, not of the states that the event goes through by itself: a condition on tags survives a start. */
export function etagOf(event: LiveEventRecord): string {
  const { resourceState: _state, provisioningState: _provisioning, modifiedAt: _modified, ...written } = event;
  return `"${createHash('sha256').update(JSON.stringify(written)).digest('base64url').slice(0, 22)}"`;
}

/** @throws ArmError 412 where the request names another version of the event with `If-Match`. */
export function requireMatch(request: FastifyRequest, event: LiveEventRecord): void {
  const condition = request.headers['if-match'];
  if (condition === undefined || condition.trim() === '*') return;
  if (condition.split(',').some((one) => one.trim() === etagOf(event))) return;
  throw new ArmError(412, 'PreconditionFailed', `The live event '${event.name}' has been changed since it was read.`);
}
