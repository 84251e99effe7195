// One table of JSON documents with its keys in columns of their own: insert, replace, get, delete, list. Knows nothing of what a document means.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

type Columns = Readonly<Record<string, SQLInputValue>>;

/** How a record maps to a table: key columns identify it, the others are there to be looked up or to be unique. */
export type TableSpec<T> = {
  readonly table: string;
  readonly keys: readonly string[];
  readonly columns: (record: T) => Columns;
};

/**
 * Typed access to one table. Names compare without case (the columns are declared `COLLATE NOCASE`), as in the real service.
 * Calls are synchronous; wrap those that belong together in `Store.transaction`.
 */
export class StoreTable<T> {
  readonly #db: DatabaseSync;
  readonly #spec: TableSpec<T>;

  constructor(db: DatabaseSync, spec: TableSpec<T>) {
    this.#db = db;
    this.#spec = spec;
  }

  /** Throws SQLite's constraint error when a key or a unique column is taken; callers check before. */
  insert(record: T): void {
    const columns = this.#spec.columns(record);
    const names = [...Object.keys(columns), 'doc'];
    this.#db
      .prepare(`INSERT INTO ${this.#spec.table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(...Object.values(columns), JSON.stringify(record));
  }

  /** Writes a record that exists; does nothing where it does not. */
  replace(record: T): void {
    const columns = this.#spec.columns(record);
    const names = [...Object.keys(columns), 'doc'];
    const keyValues = this.#spec.keys.map((key) => columns[key] ?? null);
    this.#db
      .prepare(`UPDATE ${this.#spec.table} SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE ${this.#spec.keys.map((key) => `${key} = ?`).join(' AND ')}`)
      .run(...Object.values(columns), JSON.stringify(record), ...keyValues);
  }

  find(where: Columns): T | undefined {
    return this.list(where)[0];
  }

  /** Records in the order of their keys. */
  list(where: Columns = {}): T[] {
    const conditions = Object.keys(where).map((name) => `${name} = ?`);
    const rows = this.#db
      .prepare(`SELECT doc FROM ${this.#spec.table} ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY ${this.#spec.keys.join(', ')}`)
      .all(...Object.values(where));
    return rows.map((row) => JSON.parse(String(row['doc'])) as T);
  }

  count(where: Columns = {}): number {
    const conditions = Object.keys(where).map((name) => `${name} = ?`);
    const row = this.#db
      .prepare(`SELECT COUNT(*) AS n FROM ${this.#spec.table} ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}`)
      .get(...Object.values(where));
    return Number(row?.['n'] ?? 0);
  }

  /** Number of records removed. */
  remove(where: Columns): number {
    const conditions = Object.keys(where).map((name) => `${name} = ?`);
    if (conditions.length === 0) throw new Error('A table is never emptied by accident: remove needs a condition.');
    return Number(this.#db.prepare(`DELETE FROM ${this.#spec.table} WHERE ${conditions.join(' AND ')}`).run(...Object.values(where)).changes);
  }
}
