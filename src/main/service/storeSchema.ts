// The store's schema as a list of steps; `PRAGMA user_version` counts those that a file has seen. Steps are never changed, only added.

/** SQL of each step, in order. */
export const SCHEMA_STEPS: readonly string[] = [
  `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE live_events (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    access_token TEXT NOT NULL UNIQUE,
    preview_locator TEXT NOT NULL UNIQUE COLLATE NOCASE,
    resource_state TEXT NOT NULL,
    doc TEXT NOT NULL
  ) STRICT;
  CREATE TABLE live_outputs (
    event_name TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL COLLATE NOCASE,
    asset_name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    doc TEXT NOT NULL,
    PRIMARY KEY (event_name, name)
  ) STRICT;
  CREATE TABLE assets (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    container TEXT NOT NULL UNIQUE COLLATE NOCASE,
    doc TEXT NOT NULL
  ) STRICT;
  CREATE TABLE streaming_locators (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    locator_id TEXT NOT NULL UNIQUE COLLATE NOCASE,
    asset_name TEXT NOT NULL COLLATE NOCASE,
    doc TEXT NOT NULL
  ) STRICT;
  CREATE INDEX locators_of_asset ON streaming_locators (asset_name);
  CREATE TABLE streaming_endpoints (name TEXT PRIMARY KEY COLLATE NOCASE, doc TEXT NOT NULL) STRICT;
  CREATE TABLE operations (
    id TEXT PRIMARY KEY COLLATE NOCASE,
    scope TEXT NOT NULL,
    status TEXT NOT NULL,
    doc TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX one_operation_at_a_time ON operations (scope) WHERE status = 'InProgress';
  CREATE TABLE removals (container TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE transforms (name TEXT PRIMARY KEY COLLATE NOCASE, doc TEXT NOT NULL) STRICT;
  CREATE TABLE jobs (
    transform_name TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL COLLATE NOCASE,
    state TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (transform_name, name)
  ) STRICT;
  CREATE INDEX jobs_by_state ON jobs (state);
  `,
  `
  CREATE TABLE content_key_policies (name TEXT PRIMARY KEY COLLATE NOCASE, doc TEXT NOT NULL) STRICT;
  ALTER TABLE streaming_locators ADD COLUMN key_id TEXT COLLATE NOCASE;
  CREATE INDEX locators_by_key ON streaming_locators (key_id);
  `,
  `
  CREATE TABLE media_filters (
    asset_name TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL COLLATE NOCASE,
    doc TEXT NOT NULL,
    PRIMARY KEY (asset_name, name)
  ) STRICT;
  CREATE TABLE streaming_policies (name TEXT PRIMARY KEY COLLATE NOCASE, doc TEXT NOT NULL) STRICT;
  `,
];
