// Browsers that were paired: kept by the hash of their token, so that the file opens nothing; revoked at once. Knows nothing of sockets.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { OperatorError } from '../../../contract/errors.ts';
import { remoteRoleSchema, type RemoteRole } from '../../../contract/controlRoom.ts';
import { writeWhole } from '../../durable/wholeFile.ts';

const MAX_SESSIONS = 64;
/** One that nobody has used for this long is forgotten. */
const UNUSED_MS = 30 * 24 * 3600_000;

const recordSchema = z.object({
  id: z.string(), name: z.string(), role: remoteRoleSchema, createdAtUtc: z.string(), lastSeenUtc: z.string(), tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
});
type SessionRecord = z.infer<typeof recordSchema>;

export class RemoteSessions {
  readonly #file: string;
  readonly #byHash = new Map<string, SessionRecord>();
  #lastWrite: Promise<void> = Promise.resolve();

  private constructor(file: string) {
    this.#file = file;
  }

  /** Reads what `folder` holds; a damaged file means that everybody pairs again. */
  static async open(folder: string, nowMs: number): Promise<RemoteSessions> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const sessions = new RemoteSessions(path.join(folder, 'sessions.json'));
    try {
      const records = z.array(recordSchema).parse(JSON.parse(await readFile(sessions.#file, 'utf8')));
      for (const record of records) if (nowMs - Date.parse(record.lastSeenUtc) < UNUSED_MS) sessions.#byHash.set(record.tokenHash, record);
    } catch {
      // Missing at first.
    }
    return sessions;
  }

  /** @returns the token, which is told once and not kept. @throws OperatorError SESSIONS_FULL. */
  async create(name: string, role: RemoteRole, nowMs: number): Promise<{ readonly token: string; readonly id: string }> {
    if (this.#byHash.size >= MAX_SESSIONS) {
      throw new OperatorError('SESSIONS_FULL', `${MAX_SESSIONS} browsers are paired already.`, 'Revoke some of them first.');
    }
    const token = randomBytes(32).toString('base64url');
    const id = randomUUID();
    const now = new Date(nowMs).toISOString();
    const tokenHash = hashOf(token);
    this.#byHash.set(tokenHash, { id, name, role, createdAtUtc: now, lastSeenUtc: now, tokenHash });
    await this.#write();
    return { token, id };
  }

  /** Whose token this is; seen now. */
  find(token: string, nowMs: number): { readonly id: string; readonly role: RemoteRole } | undefined {
    // Looked up by its hash: a guess tells nothing by how long it takes.
    const record = this.#byHash.get(hashOf(token));
    if (record === undefined) return undefined;
    record.lastSeenUtc = new Date(nowMs).toISOString();
    void this.#write().catch(() => undefined);
    return { id: record.id, role: record.role };
  }

  list(): readonly Omit<SessionRecord, 'tokenHash'>[] {
    return [...this.#byHash.values()].map(({ id, name, role, createdAtUtc, lastSeenUtc }) => ({ id, name, role, createdAtUtc, lastSeenUtc }));
  }

  /** @throws OperatorError SESSION_UNKNOWN. */
  async revoke(id: string): Promise<void> {
    const record = [...this.#byHash.values()].find((one) => one.id === id);
    if (record === undefined) throw new OperatorError('SESSION_UNKNOWN', 'This session is not paired any more.', 'Look at the list again.');
    this.#byHash.delete(record.tokenHash);
    await this.#write();
  }

  /** One after the other: the file holds the latest whole list. */
  async #write(): Promise<void> {
    this.#lastWrite = this.#lastWrite.catch(() => undefined).then(async () => writeWhole(this.#file, JSON.stringify([...this.#byHash.values()])));
    await this.#lastWrite;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
