// An upload to a real blob server whose process is killed and whose connections are cut: the blob is the file, and no block is stored again without need.
import { expect, test } from 'vitest';
import { interruptedUpload } from '../support/interruptedUpload.ts';

/** 24 blocks and a rest. */
const SIZE_MIB = 97;
const BLOCKS_BETWEEN = 4;
/** Blocks that the uploader has on the way at once. */
const IN_FLIGHT = 4;

test('kill -9 and cut connections, every few blocks', async () => {
  const run = await interruptedUpload(SIZE_MIB, async (proxy, isOver) => {
    const goal = proxy.storedBlocks + BLOCKS_BETWEEN;
    await Promise.race([isOver, new Promise<void>((resolve) => {
      proxy.onStored = () => {
        if (proxy.storedBlocks >= goal) resolve();
      };
    })]);
  });
  expect(run.last).toMatchObject({ state: 'done', result: { files: [{ blobName: 'source.bin', sizeBytes: SIZE_MIB * 1024 * 1024, sha256: run.sourceSha256 }] } });
  expect(run.blobSha256).toBe(run.sourceSha256);
  expect(run.kills).toBeGreaterThanOrEqual(2);
  expect(run.cuts).toBeGreaterThanOrEqual(2);
  // A block whose answer was lost is looked for before it is sent again; what was half on the way has to be.
  expect(run.proxy.storedAgain).toBeLessThanOrEqual(run.kills + run.cuts);
  expect(run.proxy.begunAgain).toBeLessThanOrEqual(IN_FLIGHT * (run.kills + run.cuts));
});
