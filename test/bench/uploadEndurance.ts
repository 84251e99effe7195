// `npm run bench uploadEndurance`: 2 GiB to azurite while the uploader is killed and its connections are cut every few seconds. Takes minutes;
// FIELDCAST_BENCH_MIB (2048), FIELDCAST_BENCH_EVERY_MS (6000).
import { setTimeout as pause } from 'node:timers/promises';
import { interruptedUpload } from '../support/interruptedUpload.ts';
import type { BenchRow } from './benchRow.ts';

/** Every second interruption is a kill, after which the file is read from its beginning again: that has to fit in between. */
const EVERY_MS = Number(process.env['FIELDCAST_BENCH_EVERY_MS'] ?? 6000);

export async function run(): Promise<BenchRow[]> {
  const sizeMib = Number(process.env['FIELDCAST_BENCH_MIB'] ?? 2048);
  const upload = await interruptedUpload(sizeMib, async (_proxy, isOver) => {
    const waiting = new AbortController();
    await Promise.race([isOver, pause(EVERY_MS, undefined, { signal: waiting.signal }).catch(() => undefined)]);
    waiting.abort();
  });
  if (upload.last.state !== 'done' || upload.sourceSha256 !== upload.blobSha256) throw new Error(`The blob is not the file: ${upload.last.failure?.message ?? upload.last.state}.`);
  const interruptions = upload.kills + upload.cuts;
  return [
    { name: 'blocks stored again, for each interruption', value: upload.proxy.storedAgain / Math.max(1, interruptions), unit: 'blocks', atMost: 1,
      note: `${sizeMib} MiB in ${upload.seconds.toFixed(0)} s, ${upload.kills} × kill -9, ${upload.cuts} × all connections cut; bit-identical.` },
    { name: 'blocks begun again, for each interruption', value: upload.proxy.begunAgain / Math.max(1, interruptions), unit: 'blocks', note: 'Four are on the way at once; what was half sent is sent again.' },
    { name: 'bytes on the line, for each byte of the file', value: upload.proxy.sentBytes / (sizeMib * 1024 * 1024), unit: '×' },
  ];
}
