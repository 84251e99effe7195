// What is about to be uploaded: files that were dropped or chosen, how they are treated, and bytes on their way to the engine.
import { create } from 'zustand';
import { z } from 'zod';
import type { Failure } from '../contract/report.ts';
import { protectionNameSchema, protectionSchema, uploadEncodingSchema, type UploadDestination } from '../contract/upload.ts';
import { failureFrom, useCommands } from './commands.ts';
import { handOver } from './handOver.ts';
import { pathOf } from './shellStore.ts';
import { httpBaseOf, useApi } from './showStore.ts';

/** A path of the engine's computer, or bytes from a browser. */
export type Intake = { readonly kind: 'path'; readonly path: string } | { readonly kind: 'bytes'; readonly file: File };

const optionsSchema = z.object({
  encode: uploadEncodingSchema.catch('adaptive'),
  publish: z.boolean().catch(true),
  protection: protectionSchema.catch('none'),
  /** A protection of the account; it goes before `protection`. */
  policy: protectionNameSchema.optional().catch(undefined),
});
export type UploadOptions = z.infer<typeof optionsSchema>;

export type Transfer = {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sentBytes: number;
  readonly failure: Failure | undefined;
  readonly retry: () => void;
  readonly cancel: () => void;
};

type Intakes = {
  /** The dialog is open while there are some. */
  readonly waiting: readonly Intake[];
  /** Folders were dropped in a browser, which hands over none. */
  readonly hadFolders: boolean;
  readonly options: UploadOptions;
  readonly transfers: ReadonlyMap<string, Transfer>;
};

const KEY = 'fieldcast.upload';

export const useIntake = create<Intakes>(() => ({ waiting: [], hadFolders: false, options: remembered(), transfers: new Map() }));

export function nameOf(intake: Intake): string {
  return intake.kind === 'bytes' ? intake.file.name : intake.path.split(/[/\\]/).findLast((part) => part !== '') ?? intake.path;
}

/** Asks how they are to be treated; nothing is sent before that was answered. */
export function offerPaths(paths: readonly string[]): void {
  offer(paths.map((path) => ({ kind: 'path', path })), false);
}

/** Of a drop, or of a browser's own chooser. */
export function offerFiles(files: readonly File[], hadFolders = false): void {
  offer(files.map((file) => {
    const path = pathOf(file);
    return path === undefined ? { kind: 'bytes', file } : { kind: 'path', path };
  }), hadFolders);
}

function offer(more: readonly Intake[], hadFolders: boolean): void {
  useIntake.setState(({ waiting }) => ({ waiting: [...waiting, ...more], hadFolders }));
}

export function withdraw(intake?: Intake): void {
  useIntake.setState(({ waiting }) => ({ waiting: intake === undefined ? [] : waiting.filter((one) => one !== intake), hadFolders: false }));
}

export function changeOptions(change: Partial<UploadOptions>): void {
  useIntake.setState(({ options }) => ({ options: { ...options, ...change } }));
  localStorage.setItem(KEY, JSON.stringify(useIntake.getState().options));
}

/** Queues what waits; bytes first come to lie on the engine's computer. */
export function send(destination: UploadDestination): void {
  const { waiting, options } = useIntake.getState();
  withdraw();
  const paths = waiting.flatMap((one) => (one.kind === 'path' ? [one.path] : []));
  if (paths.length > 0) void add(paths, destination, options);
  for (const one of waiting) if (one.kind === 'bytes') begin(one.file, destination, options);
}

async function add(paths: readonly string[], destination: UploadDestination, { publish, protection, policy, encode }: UploadOptions): Promise<boolean> {
  try {
    await useApi.getState().api?.upload.add.mutate({
      paths: [...paths], destination, encode, publish, protection: publish ? protection : 'none', ...(publish && policy !== undefined ? { policy } : {}),
    });
    return true;
  } catch (error) {
    useCommands.setState({ refusal: failureFrom(error) });
    return false;
  }
}

function begin(file: File, destination: UploadDestination, options: UploadOptions): void {
  const id = crypto.randomUUID();
  const change = (part: Partial<Transfer>): void => useIntake.setState(({ transfers }) => {
    const before = transfers.get(id);
    return before === undefined ? {} : { transfers: new Map(transfers).set(id, { ...before, ...part }) };
  });
  const forget = (): void => useIntake.setState(({ transfers }) => ({ transfers: new Map([...transfers].filter(([key]) => key !== id)) }));
  let stop = new AbortController();
  const run = async (): Promise<void> => {
    stop = new AbortController();
    const { signal } = stop;
    change({ failure: undefined });
    try {
      const path = await handOver(file, {
        signal,
        onSent: (sentBytes) => change({ sentBytes }),
        begin: async () => {
          const { api, where, filesKey } = useApi.getState();
          if (api === undefined || where === undefined || filesKey === undefined) throw new Error('The engine does not answer.');
          const received = await api.upload.receive.mutate({ name: file.name, sizeBytes: file.size, modifiedMs: file.lastModified });
          return { received, base: httpBaseOf(where), key: filesKey };
        },
      });
      if (await add([path], destination, options)) forget();
      else change({ failure: useCommands.getState().refusal });
    } catch (error) {
      if (!signal.aborted) change({ failure: failureFrom(error) });
    }
  };
  const cancel = (): void => {
    stop.abort();
    forget();
  };
  useIntake.setState(({ transfers }) => ({ transfers: new Map(transfers).set(id, { id, name: file.name, sizeBytes: file.size, sentBytes: 0, failure: undefined, retry: () => void run(), cancel }) }));
  void run();
}

function remembered(): UploadOptions {
  try {
    return optionsSchema.parse(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    return optionsSchema.parse({});
  }
}
