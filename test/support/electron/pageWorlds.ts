// What runs inside a window of the stand-in before its page: the preload in a world of its own, and in the page's world only what the preload
// exposes. The two worlds share the document and nothing else, so calls travel as events whose details are text.
import { readFileSync } from 'node:fs';

/** As Electron calls it. */
export const PRELOAD_WORLD = 'Electron Isolated Context';
export const IPC_BINDING = '__standInIpc';

/** In the page's own world, before the preload. */
export const PAGE_SCRIPT = `(${String(inPage)})();`;

/** @param preload file of the sandboxed preload, one CommonJS file */
export function preloadScript(preload: string): string {
  return `(${String(inPreloadWorld)})(${JSON.stringify(IPC_BINDING)}, (require, module, exports) => {\n${readFileSync(preload, 'utf8')}\n});`;
}

function inPage(): void {
  const listeners = new Map<number, (...args: unknown[]) => unknown>();
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;
  let returned: { kind: string; value: unknown } | undefined;
  const tell = (name: string, detail: object): void => { document.dispatchEvent(new CustomEvent(name, { detail: JSON.stringify(detail) })); };
  type Told = { kind: string; value: unknown; id: number; ok: boolean; listener: number; args: unknown[]; name: string; keys: string[] };
  const hear = (name: string, take: (detail: Told) => void): void => document.addEventListener(name, (event) => take(JSON.parse((event as CustomEvent<string>).detail) as Told));
  const call = (to: object, args: unknown[]): unknown => {
    last += 1;
    const id = last;
    returned = undefined;
    tell('stand-in-call', { ...to, id, args: args.map((one) => {
      if (typeof one !== 'function') return { value: one };
      last += 1;
      listeners.set(last, one as () => unknown);
      return { listener: last };
    }) });
    const { kind, value } = returned ?? { kind: 'value', value: undefined };
    if (kind === 'function') return (...more: unknown[]) => call({ handle: value }, more);
    if (kind === 'promise') return new Promise((resolve, reject) => calls.set(id, { resolve, reject }));
    return value;
  };
  hear('stand-in-return', (detail) => { returned = detail; });
  hear('stand-in-settle', ({ id, ok, value }) => {
    if (ok) calls.get(id)?.resolve(value);
    else calls.get(id)?.reject(new Error(String(value)));
    calls.delete(id);
  });
  hear('stand-in-heard', ({ listener, args }) => listeners.get(listener)?.(...args));
  hear('stand-in-expose', ({ name, keys }) => {
    const api = Object.fromEntries(keys.map((key) => [key, (...args: unknown[]) => call({ name, key }, args)]));
    Object.defineProperty(globalThis, name, { value: Object.freeze(api), writable: false, configurable: false, enumerable: true });
  });
  globalThis.open = (url) => {
    tell('stand-in-open', { url: new URL(String(url ?? 'about:blank'), location.href).href });
    return null;
  };
}

function inPreloadWorld(binding: string, preload: (require: (name: string) => unknown, module: object, exports: object) => void): void {
  type Call = { name?: string; key?: string; handle?: number; id: number; args: { value?: unknown; listener?: number }[] };
  const bind = (globalThis as unknown as Record<string, (text: string) => void>)[binding]!;
  const exposed = new Map<string, Record<string, (...args: unknown[]) => unknown>>();
  const handles = new Map<number, (...args: unknown[]) => unknown>();
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const channels = new Map<string, Set<(...args: unknown[]) => void>>();
  let last = 0;
  const tell = (name: string, detail: object): void => { document.dispatchEvent(new CustomEvent(name, { detail: JSON.stringify(detail) })); };
  const hear = (name: string, take: (detail: Call & { url: string }) => void): void => document.addEventListener(name, (event) => take(JSON.parse((event as CustomEvent<string>).detail)));
  hear('stand-in-open', ({ url }) => bind(JSON.stringify({ open: url })));
  hear('stand-in-call', ({ name, key, handle, id, args }) => {
    const target = handle === undefined ? exposed.get(name ?? '')?.[key ?? ''] : handles.get(handle);
    const given = args.map(({ value, listener }) => (listener === undefined ? value : (...heard: unknown[]) => tell('stand-in-heard', { listener, args: heard })));
    const result = target?.(...given);
    if (typeof result === 'function') {
      last += 1;
      handles.set(last, result as () => unknown);
      tell('stand-in-return', { kind: 'function', value: last });
    } else if (result instanceof Promise) {
      tell('stand-in-return', { kind: 'promise' });
      result.then((value: unknown) => tell('stand-in-settle', { id, ok: true, value }), (error: unknown) => tell('stand-in-settle', { id, ok: false, value: String(error instanceof Error ? error.message : error) }));
    } else tell('stand-in-return', { kind: 'value', value: result });
  });
  Object.assign(globalThis, {
    __standInSettle: (id: number, ok: boolean, value: unknown) => {
      if (ok) waiting.get(id)?.resolve(value);
      else waiting.get(id)?.reject(new Error(String(value)));
      waiting.delete(id);
    },
    __standInEmit: (channel: string, args: unknown[]) => { for (const listener of channels.get(channel) ?? []) listener({}, ...args); },
  });
  const electron = {
    contextBridge: { exposeInMainWorld: (name: string, api: Record<string, (...args: unknown[]) => unknown>) => {
      exposed.set(name, api);
      tell('stand-in-expose', { name, keys: Object.keys(api) });
    } },
    ipcRenderer: {
      invoke: async (channel: string, ...args: unknown[]) => {
        last += 1;
        const id = last;
        bind(JSON.stringify({ id, channel, args }));
        return await new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      },
      on: (channel: string, listener: (...args: unknown[]) => void) => { channels.set(channel, (channels.get(channel) ?? new Set()).add(listener)); },
      off: (channel: string, listener: (...args: unknown[]) => void) => { channels.get(channel)?.delete(listener); },
    },
  };
  const module = { exports: {} };
  preload((name) => {
    if (name === 'electron') return electron;
    throw new Error(`A sandboxed preload may not require ${name}.`);
  }, module, module.exports);
}
