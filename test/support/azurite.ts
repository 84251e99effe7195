// A real blob server for tests: azurite on a free port of the loopback, with containers opened by signature.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient, ContainerSASPermissions, generateBlobSASQueryParameters, SASProtocol, StorageSharedKeyCredential } from '@azure/storage-blob';

const MAIN = fileURLToPath(new URL('../../node_modules/azurite/dist/src/blob/main.js', import.meta.url));
/** The account that azurite is documented to have. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const READY_MS = 30_000;

export type Azurite = {
  readonly port: number;
  /** A new container. */
  container(): Promise<TestContainer>;
  stop(): Promise<void>;
};
export type TestContainer = {
  readonly client: ReturnType<BlobServiceClient['getContainerClient']>;
  /** Container URL with the right to read and write, at this server or at a proxy before it. */
  signedUrl(port?: number, lifeMs?: number): string;
};

export async function startAzurite(): Promise<Azurite> {
  const dir = await mkdtemp(path.join(tmpdir(), 'fieldcast-azurite-'));
  const child = spawn(process.execPath, [MAIN, '--blobHost', '127.0.0.1', '--blobPort', '0', '--location', dir, '--silent', '--skipApiVersionCheck', '--disableTelemetry'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`azurite was not ready in time: ${said}`));
    }, READY_MS);
    const listen = (text: string): void => {
      said += text;
      const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(Number(found));
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    child.once('exit', (code) => reject(new Error(`azurite ended with ${code}: ${said}`)));
  });
  const credential = new StorageSharedKeyCredential(ACCOUNT, KEY);
  const service = new BlobServiceClient(`http://127.0.0.1:${port}/${ACCOUNT}`, credential);
  return {
    port,
    async container() {
      const containerName = `asset-${randomUUID()}`;
      const client = service.getContainerClient(containerName);
      await client.create();
      return {
        client,
        signedUrl: (at = port, lifeMs = 3_600_000) => `http://127.0.0.1:${at}/${ACCOUNT}/${containerName}?${generateBlobSASQueryParameters({
          containerName, permissions: ContainerSASPermissions.parse('rcwl'), startsOn: new Date(Date.now() - 3_600_000), expiresOn: new Date(Date.now() + lifeMs), protocol: SASProtocol.HttpsAndHttp,
        }, credential).toString()}`,
      };
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
