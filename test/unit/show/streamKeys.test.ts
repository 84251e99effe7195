// What a client is told of stream keys: names, and whether a show would find them; never a key.
import { expect, it } from 'vitest';
import { createMemorySecretStore } from '../../../src/main/secrets/memorySecretStore.ts';
import { createStreamKeyDesk, keyedOutputs } from '../../../src/main/show/streamKeys.ts';

it('keeps a key that a show then finds, tells its name alone, and forgets it', async () => {
  const store = createMemorySecretStore();
  const env = { FIELDCAST_KEY_CHURCH: 'from-the-environment' };
  const desk = createStreamKeyDesk(env, store);
  await desk.keep('youtube', 'top-secret');
  const status = await desk.status(['youtube', 'church', 'twitch']);
  expect(status).toEqual({ kept: ['youtube'], atHand: ['youtube', 'church'], isPersistent: false });
  expect(JSON.stringify(status)).not.toContain('secret');
  const output = { name: 'youtube', platform: 'youtube', server: 'rtmps://a.example/live2' } as const;
  expect(await keyedOutputs([output], env, store)).toMatchObject([{ streamKey: 'top-secret' }]);
  await desk.keep('youtube', undefined);
  expect((await desk.status(['youtube'])).atHand).toEqual([]);
  await expect(keyedOutputs([output], env, store)).rejects.toMatchObject({ code: 'STREAM_KEY_MISSING' });
});
