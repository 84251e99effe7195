// The uploader as a process of its own, to be killed: `HOME PATH`, with the signed container URL in FIELDCAST_TEST_CONTAINER. Prints each status as JSON.
import { UploadQueue } from '../../src/main/upload/uploadQueue.ts';

const [home = '', source = ''] = process.argv.slice(2);
const queue = new UploadQueue({
  home,
  encodeLocally: async () => undefined,
  log: { warn: (fields, sentence) => process.stderr.write(`${sentence} ${JSON.stringify(fields)}\n`) },
  openLibrary: async () => ({
    ca: undefined,
    close: async () => undefined,
    library: {
      ensureAsset: async () => undefined,
      deleteAsset: async () => undefined,
      writableContainer: async () => process.env['FIELDCAST_TEST_CONTAINER'] ?? '',
      encodeAsset: async () => undefined,
      cancelEncoding: async () => undefined,
      moveAddresses: async () => ({ hls: '' }),
      publishAsset: async () => ({ hls: '', dash: '' }),
    },
  }),
});
const [id] = await queue.add({ paths: [source], destination: { kind: 'arm', address: 'arm' }, publish: false });
for await (const status of queue.watch(undefined)) {
  if (status.id !== id) continue;
  process.stdout.write(`${JSON.stringify(status)}\n`);
  if (status.state === 'done' || status.state === 'failed') break;
}
process.exit(0);
