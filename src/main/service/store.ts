// State of the embedded service in one SQLite file: what exists and what is under way. Media never goes through it.
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../../contract/errors.ts';
import {
  accessTokenKey, type AssetRecord, type ContentKeyPolicyRecord, type JobRecord, type LiveEventRecord, type LiveOutputRecord, type MediaFilterRecord, type OperationRecord,
  type StreamingEndpointRecord, type StreamingLocatorRecord, type StreamingPolicyRecord, type TransformRecord,
} from './records.ts';
import { SCHEMA_STEPS } from './storeSchema.ts';
import { StoreTable } from './storeTable.ts';

/** SQLITE_BUSY and SQLITE_LOCKED: another process holds the file. */
const BUSY_CODES = new Set([5, 6]);
/** Time for a process that is just ending to let go of the file, ms. */
const BUSY_WAIT_MS = 2000;

/** Everything the service remembers. One process at a time: the file stays locked while a store is open. */
export class Store {
  readonly liveEvents: StoreTable<LiveEventRecord>;
  readonly liveOutputs: StoreTable<LiveOutputRecord>;
  readonly assets: StoreTable<AssetRecord>;
  readonly locators: StoreTable<StreamingLocatorRecord>;
  readonly endpoints: StoreTable<StreamingEndpointRecord>;
  readonly operations: StoreTable<OperationRecord>;
  readonly transforms: StoreTable<TransformRecord>;
  readonly jobs: StoreTable<JobRecord>;
  readonly contentKeyPolicies: StoreTable<ContentKeyPolicyRecord>;
  readonly filters: StoreTable<MediaFilterRecord>;
  readonly streamingPolicies: StoreTable<StreamingPolicyRecord>;
  /** Containers whose asset is gone and whose folder has to go. */
  readonly removals: StoreTable<{ readonly container: string }>;
  readonly #db: DatabaseSync;
  #inTransaction = false;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.liveEvents = new StoreTable(db, {
      table: 'live_events', keys: ['name'],
      columns: (one) => ({ name: one.name, access_token: accessTokenKey(one.input.accessToken), preview_locator: one.preview.previewLocator, resource_state: one.resourceState }),
    });
    this.liveOutputs = new StoreTable(db, {
      table: 'live_outputs', keys: ['event_name', 'name'],
      columns: (one) => ({ event_name: one.eventName, name: one.name, asset_name: one.assetName }),
    });
    this.assets = new StoreTable(db, { table: 'assets', keys: ['name'], columns: (one) => ({ name: one.name, container: one.container }) });
    this.locators = new StoreTable(db, {
      table: 'streaming_locators', keys: ['name'],
      columns: (one) => ({ name: one.name, locator_id: one.locatorId, asset_name: one.assetName, key_id: one.contentKey?.id ?? null }),
    });
    this.endpoints = new StoreTable(db, { table: 'streaming_endpoints', keys: ['name'], columns: (one) => ({ name: one.name }) });
    this.operations = new StoreTable(db, { table: 'operations', keys: ['id'], columns: (one) => ({ id: one.id, scope: one.scope, status: one.status }) });
    this.transforms = new StoreTable(db, { table: 'transforms', keys: ['name'], columns: (one) => ({ name: one.name }) });
    this.jobs = new StoreTable(db, {
      table: 'jobs', keys: ['transform_name', 'name'], columns: (one) => ({ transform_name: one.transformName, name: one.name, state: one.state }),
    });
    this.contentKeyPolicies = new StoreTable(db, { table: 'content_key_policies', keys: ['name'], columns: (one) => ({ name: one.name }) });
    this.filters = new StoreTable(db, { table: 'media_filters', keys: ['asset_name', 'name'], columns: (one) => ({ asset_name: one.assetName, name: one.name }) });
    this.streamingPolicies = new StoreTable(db, { table: 'streaming_policies', keys: ['name'], columns: (one) => ({ name: one.name }) });
    this.removals = new StoreTable(db, { table: 'removals', keys: ['container'], columns: (one) => ({ container: one.container }) });
  }

  /** All of `change` or nothing of it, also across `kill -9` and a power cut. Synchronous, so nothing else of this process gets in between. */
  transaction<T>(change: () => T): T {
    if (this.#inTransaction) throw new Error('Transactions of the store do not nest.');
    this.#inTransaction = true;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = change();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has ended the transaction itself after some errors (full disk).
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  setting(key: string): string | undefined {
    const row = this.#db.prepare('SELECT value FROM settings WHERE key = ?').get(key);
    return row === undefined ? undefined : String(row['value']);
  }

  setSetting(key: string, value: string): void {
    this.#db.prepare('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(key, value);
  }

  /** The setting, made and kept at its first use. */
  settingOr(key: string, make: () => string): string {
    const known = this.setting(key);
    if (known !== undefined) return known;
    const made = make();
    this.setSetting(key, made);
    return made;
  }

  /** Forgets operations that ended before `isoTime`; nobody polls them any more. */
  forgetOperationsBefore(isoTime: string): void {
    for (const one of this.operations.list()) {
      if (one.finishedAt !== null && one.finishedAt < isoTime) this.operations.remove({ id: one.id });
    }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

/**
 * Opens (or makes) the store at `path`, brings its schema up to date and keeps it locked until it is closed or the process dies.
 * The lock is the operating system's, so that it cannot outlive a killed process: it is what makes one service per home certain.
 *
 * @throws OperatorError `SERVICE_STORE_BUSY` while another process holds it, `SERVICE_STORE_NEWER` for a file of a later version,
 * `SERVICE_STORE_DAMAGED` where SQLite cannot read it.
 */
export function openStore(path: string): Store {
  const fresh = !existsSync(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path, { timeout: BUSY_WAIT_MS });
  try {
    // 0600 before anything is in it: it holds ingest tokens and the API's token.
    if (fresh) chmodSync(path, 0o600);
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL');
    // FULL: what a client was told exists after a power cut too; a show makes some dozens of commits, each a sync of a few ms.
    db.exec('PRAGMA synchronous = FULL');
    migrate(db, path);
    return new Store(db);
  } catch (error) {
    db.close();
    throw explained(error, path);
  }
}

function migrate(db: DatabaseSync, path: string): void {
  db.exec('BEGIN EXCLUSIVE');
  try {
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version > SCHEMA_STEPS.length) {
      throw new OperatorError(
        'SERVICE_STORE_NEWER',
        `The embedded service's state ${path} was written by a newer version of Fieldcast.`,
        'Start that newer version, or choose another home with FIELDCAST_HOME.',
      );
    }
    for (const step of SCHEMA_STEPS.slice(version)) db.exec(step);
    db.exec(`PRAGMA user_version = ${String(SCHEMA_STEPS.length)}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function explained(error: unknown, path: string): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error;
  const code = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
  if (code === undefined) return error;
  if (BUSY_CODES.has(code)) {
    return new OperatorError('SERVICE_STORE_BUSY', `Another process uses the embedded service's state ${path}.`, 'Use the service that runs, or stop it first.', { cause: error });
  }
  return new OperatorError(
    'SERVICE_STORE_DAMAGED',
    `The embedded service's state ${path} cannot be read: ${error.message}.`,
    'Free disk space if the disk is full; else move the file away (its assets stay on disk) and start again.',
    { cause: error },
  );
}
