// The pure parts of the uploader: blocks and their ids, pacing, figures, what a failed call means.
import { createHash } from 'node:crypto';
import { RestError } from '@azure/core-rest-pipeline';
import fc from 'fast-check';
import { expect, describe, test } from 'vitest';
import { OperatorError } from '../../../src/contract/errors.ts';
import { BlockHasher, hashed, type HashedBlock } from '../../../src/main/upload/blockHasher.ts';
import { blockIdOf, blockSizeFor } from '../../../src/main/upload/blockPlan.ts';
import { RateLimit } from '../../../src/main/upload/rateLimit.ts';
import { RateMeter } from '../../../src/main/upload/rateMeter.ts';
import { judgeSendError } from '../../../src/main/upload/sendFailure.ts';
import { contentTypeOf } from '../../../src/main/upload/sourceFiles.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;

describe('blocks', () => {
  test('a file of any size fits into 50 000 blocks of whole MiB', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 100 * 1024 ** 4 }), (sizeBytes) => {
      const block = blockSizeFor(sizeBytes);
      expect(block % MIB).toBe(0);
      expect(Math.ceil(sizeBytes / block)).toBeLessThanOrEqual(50_000);
    }));
    expect(blockSizeFor(2 * 1024 ** 3)).toBe(4 * MIB);
  });
  test('ids have one length, and tell positions and contents apart', () => {
    const md5 = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(fc.property(fc.nat(49_999), md5, fc.nat(49_999), md5, (one, a, other, b) => {
      expect(Buffer.from(blockIdOf(one, a), 'base64')).toHaveLength(20);
      expect(blockIdOf(one, a) === blockIdOf(other, b)).toBe(one === other && Buffer.compare(a, b) === 0);
    }));
  });
});

describe('the rate limit', () => {
  /** A clock that only sleeping moves. */
  const handPace = () => {
    let nowMs = 0;
    return { now: () => nowMs, sleep: async (ms: number) => { nowMs += Math.max(1, ms); } };
  };
  test('lets bytes pass at its rate, whatever their pieces', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 64, max: 1_000_000 }), fc.array(fc.integer({ min: 1, max: 256 * 1024 }), { minLength: 5, maxLength: 40 }), async (kbps, pieces) => {
      const pace = handPace();
      const limit = new RateLimit(pace);
      limit.set(kbps);
      for (const piece of pieces) await limit.take(piece, never);
      const sum = pieces.slice(0, -1).reduce((all, one) => all + one, 0);
      const idealMs = (sum * 8) / kbps;
      expect(pace.now()).toBeGreaterThanOrEqual(idealMs - 260);
      expect(pace.now()).toBeLessThanOrEqual(idealMs + pieces.length + 260);
    }), { numRuns: 50 });
  });
  test('is asked for about a quarter of a second at once', () => {
    const limit = new RateLimit();
    expect(limit.pieceBytes).toBe(256 * 1024);
    limit.set(1000);
    expect(limit.pieceBytes).toBe(31_250);
    limit.set(64);
    expect(limit.pieceBytes).toBe(2048);
  });
  test('lets nothing pass while it is held, by the last of those who hold it', async () => {
    const pace = handPace();
    const limit = new RateLimit(pace);
    const releases = [limit.hold(), limit.hold()];
    const sleep = pace.sleep;
    pace.sleep = async (ms) => {
      await sleep(ms);
      if (pace.now() > 1000) releases[0]!();
      // A second call of the same one changes nothing.
      if (pace.now() > 2000) releases[0]!();
      if (pace.now() > 3000) releases[1]!();
    };
    await limit.take(1, never);
    expect(pace.now()).toBeGreaterThan(3000);
  });
  test('ends with its signal', async () => {
    const limit = new RateLimit();
    limit.hold();
    const stop = new AbortController();
    const taking = limit.take(1, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(taking).rejects.toThrow('stopped');
  });
});

test('the meter shows the last seconds, and nothing once nothing moves', () => {
  const meter = new RateMeter();
  expect(meter.bitsPerSecond(0)).toBe(0);
  for (let at = 0; at < 20_000; at += 100) meter.add(at < 10_000 ? 1000 : 5000, at);
  expect(meter.bitsPerSecond(20_000)).toBeCloseTo(400_000, -4);
  expect(meter.bitsPerSecond(60_000)).toBe(0);
});

describe('a failed call', () => {
  const answer = (statusCode: number, code?: string) => new RestError('https://host/?sig=secret', { statusCode, ...(code === undefined ? {} : { code }) });
  test.each([[408], [429], [500], [502], [503], [504]])('%i is repeated', (status) => {
    expect(judgeSendError(answer(status), 'x')).toMatchObject({ kind: 'again' });
  });
  test('without an answer it is repeated', () => {
    expect(judgeSendError(new RestError('no', { code: 'ECONNRESET' }), 'x')).toMatchObject({ kind: 'again' });
  });
  test('an expired signature is renewed, a missing right is not', () => {
    expect(judgeSendError(answer(403, 'AuthenticationFailed'), 'x').kind).toBe('renew');
    expect(judgeSendError(answer(403, 'AuthorizationPermissionMismatch'), 'x')).toMatchObject({ kind: 'stop', error: { code: 'UPLOAD_FORBIDDEN' } });
  });
  test.each([[404, 'ContainerNotFound', 'ASSET_GONE'], [507, 'InsufficientStorage', 'DESTINATION_FULL'], [409, 'ContainerBeingRecorded', 'ASSET_IN_USE'], [400, 'InvalidBlockList', 'UPLOAD_REFUSED']])('%i %s stops it as %s, without the address', (status, code, expected) => {
    const verdict = judgeSendError(answer(status, code), '“x”');
    expect(verdict).toMatchObject({ kind: 'stop', error: { code: expected } });
    expect(JSON.stringify(verdict) + (verdict.kind === 'stop' ? verdict.error.message + verdict.error.action : '')).not.toContain('secret');
  });
  test('an operator’s error passes through', () => {
    const error = new OperatorError('A', 'b', 'c');
    expect(judgeSendError(error, 'x')).toEqual({ kind: 'stop', error });
  });
});

test('content types follow the ending', () => {
  expect(['a.MP4', 'b.ism', 'c'].map(contentTypeOf)).toEqual(['video/mp4', 'application/xml', 'application/octet-stream']);
});

describe('the hashes of blocks', () => {
  const read = async function* read(blocks: readonly Buffer[]): AsyncGenerator<Buffer> {
    for (const block of blocks) {
      const own = Buffer.allocUnsafeSlow(block.length);
      block.copy(own);
      yield own;
    }
  };
  test('are those of each block and of the whole, file after file, and the blocks come back as they were', async () => {
    const hasher = new BlockHasher();
    try {
      await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 12 }), fc.integer({ min: 0, max: 4 }), async (bytes, ahead) => {
        const blocks = bytes.map((one) => Buffer.from(one));
        const answers: HashedBlock[] = [];
        for await (const one of hashed(read(blocks), hasher, ahead)) answers.push(one);
        expect(answers.map(({ block }) => block.toString('hex'))).toEqual(blocks.map((block) => block.toString('hex')));
        expect(answers.map(({ md5 }) => md5.toString('hex'))).toEqual(blocks.map((block) => createHash('md5').update(block).digest('hex')));
        expect(await hasher.whole()).toBe(createHash('sha256').update(Buffer.concat(blocks)).digest('hex'));
      }), { numRuns: 50 });
    } finally {
      await hasher.close();
    }
  });
  test('fail for everyone who waits when the thread has gone, and for everyone who comes later', async () => {
    const hasher = new BlockHasher();
    const waiting = [hasher.hash(Buffer.allocUnsafeSlow(4 * MIB)), hasher.whole()].map(async (one) => one.then(() => 'answered', (error: Error) => error.message));
    await hasher.close();
    expect(await Promise.all(waiting)).toEqual(['The thread that hashes has ended.', 'The thread that hashes has ended.']);
    await expect(hasher.whole()).rejects.toThrow('has ended');
  });
  test('are refused for a block that shares its buffer: it would be taken away from others', async () => {
    const hasher = new BlockHasher();
    await expect(hasher.hash(Buffer.alloc(100).subarray(10))).rejects.toThrow('a buffer of its own');
    await hasher.close();
  });
});
