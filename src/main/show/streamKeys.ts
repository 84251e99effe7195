// The keys of plain RTMP addresses, fetched by name when a show is about to use them, so that a plan need not hold them.
import { OperatorError } from '../../contract/errors.ts';
import type { Destination } from '../../contract/plan.ts';
import type { KeyStatus, SideOutput } from '../../contract/sideOutput.ts';
import { forgetKey, keepKey, keptKey, keptKeyNames, keyVariableOf } from '../secrets/keptKey.ts';
import type { SecretStore } from '../secrets/secretStore.ts';
import type { KeyedSideOutput } from './sideOutputs.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** @throws OperatorError STREAM_KEY_MISSING */
export async function keyedOutputs(outputs: readonly SideOutput[], env: Env, store: SecretStore): Promise<KeyedSideOutput[]> {
  return await Promise.all(outputs.map(async (output) => ({ ...output, streamKey: output.streamKey ?? await requiredKey(output.name, env, store) })));
}

/** The whole address of a plain destination. @throws OperatorError STREAM_KEY_MISSING */
export async function keyedUrl({ url, keyName }: Extract<Destination, { kind: 'rtmp' }>, env: Env, store: SecretStore): Promise<string> {
  return keyName === undefined ? url : `${url.replace(/\/+$/, '')}/${await requiredKey(keyName, env, store)}`;
}

async function requiredKey(name: string, env: Env, store: SecretStore): Promise<string> {
  const key = await keptKey(name, env, store);
  if (key !== undefined) return key;
  throw new OperatorError('STREAM_KEY_MISSING', `There is no stream key for ${name}.`, `Put it into the environment variable ${keyVariableOf(name)}, or keep it with \`fieldcast keys --set ${name}\`.`);
}

/** Stream keys as a client sees to them: names go out, values only come in. */
export type StreamKeyDesk = {
  readonly status: (asked: readonly string[]) => Promise<KeyStatus>;
  /** Without a value it is forgotten. */
  readonly keep: (name: string, key: string | undefined) => Promise<void>;
};

export function createStreamKeyDesk(env: Env, store: SecretStore): StreamKeyDesk {
  return {
    status: async (asked) => {
      const found = await Promise.all(asked.map(async (name) => (await keptKey(name, env, store) === undefined ? [] : [name])));
      return { kept: await keptKeyNames(store), atHand: found.flat(), isPersistent: store.persistent };
    },
    keep: async (name, key) => (key === undefined ? forgetKey(name, store) : keepKey(name, key, store)),
  };
}
