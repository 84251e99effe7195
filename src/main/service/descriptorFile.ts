// Writing and removing service.json, by which engines find the service. The lock itself is the store's (see openStore).
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DESCRIPTOR_FILE, type ServiceDescriptor, serviceDescriptorSchema } from '../../contract/embeddedService.ts';
import { sweepDrafts, writeWhole } from '../durable/wholeFile.ts';

/** Puts the descriptor in place at once, readable by its owner only; replaces one that a killed service left. */
export async function writeDescriptor(serviceDir: string, descriptor: ServiceDescriptor): Promise<void> {
  await mkdir(serviceDir, { recursive: true, mode: 0o700 });
  await sweepDrafts(serviceDir, DESCRIPTOR_FILE);
  await writeWhole(join(serviceDir, DESCRIPTOR_FILE), `${JSON.stringify(descriptor, null, 2)}\n`);
}

/** Undefined where there is none or it cannot be read. */
export async function readDescriptor(serviceDir: string): Promise<ServiceDescriptor | undefined> {
  try {
    return serviceDescriptorSchema.parse(JSON.parse(await readFile(join(serviceDir, DESCRIPTOR_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Removes the descriptor unless another instance has written its own. */
export async function removeDescriptor(serviceDir: string, instanceId: string): Promise<void> {
  const current = await readDescriptor(serviceDir);
  if (current?.instanceId === instanceId) await rm(join(serviceDir, DESCRIPTOR_FILE), { force: true });
}
