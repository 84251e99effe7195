// Finding the embedded service of a home and talking to its own routes: health and leases. Starts nothing.
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { DESCRIPTOR_FILE, leaseSchema, SERVICE_DIR, type ServiceDescriptor, serviceDescriptorSchema, serviceHealthSchema } from '../../contract/embeddedService.ts';

/** A service that answers, and the authority by which it is verified. */
export type FoundService = { readonly descriptor: ServiceDescriptor; readonly ca: string };
export type Lease = { readonly leaseId: string; readonly ttlMs: number };

const ANSWER_TIMEOUT_MS = 2000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** The service that the home's descriptor names, if it answers as that very instance; undefined for a stale or unreadable descriptor. */
export async function findService(home: string): Promise<FoundService | undefined> {
  try {
    const descriptor = serviceDescriptorSchema.parse(JSON.parse(await readFile(join(home, SERVICE_DIR, DESCRIPTOR_FILE), 'utf8')));
    const found = { descriptor, ca: await readFile(descriptor.caPath, 'utf8') };
    const health = await ask(found, 'GET', '/health');
    return health.status === 200 && serviceHealthSchema.parse(JSON.parse(health.text)).instanceId === descriptor.instanceId ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The process id in the home's descriptor, whether or not that process lives. */
export async function describedPid(home: string): Promise<number | undefined> {
  try {
    return serviceDescriptorSchema.parse(JSON.parse(await readFile(join(home, SERVICE_DIR, DESCRIPTOR_FILE), 'utf8'))).pid;
  } catch {
    return undefined;
  }
}

/** A lease, or undefined where the service is about to end. */
export async function takeLease(service: FoundService): Promise<Lease | undefined> {
  try {
    const answer = await ask(service, 'POST', '/leases');
    return answer.status === 201 ? leaseSchema.parse(JSON.parse(answer.text)) : undefined;
  } catch {
    return undefined;
  }
}

/** `ended`: the service lives and does not know the lease. `silent`: it does not answer. */
export async function renewLease(service: FoundService, leaseId: string): Promise<'renewed' | 'ended' | 'silent'> {
  try {
    return (await ask(service, 'POST', `/leases/${leaseId}`)).status === 200 ? 'renewed' : 'ended';
  } catch {
    return 'silent';
  }
}

/** Gives a lease back; a service that is gone needs no telling. */
export async function dropLease(service: FoundService, leaseId: string): Promise<void> {
  await ask(service, 'DELETE', `/leases/${leaseId}`).catch(() => undefined);
}

type Answer = { readonly status: number; readonly text: string };

function ask({ descriptor, ca }: FoundService, method: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // `timeout` covers silence on the socket; the signal covers everything.
    const call = request(new URL(path, descriptor.endpoint), {
      method, ca, agent: false, headers: { authorization: `Bearer ${descriptor.token}` }, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) response.destroy(new Error('The answer is too long.'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    call.on('error', reject);
    call.end();
  });
}
