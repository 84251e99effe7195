// The Azure storage client of one container SAS URL, without the surprises: no retries of its own, no proxy on loopback, the service's own authority trusted.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { AnonymousCredential, ContainerClient, newPipeline, type StoragePipelineOptions } from '@azure/storage-blob';

/** Options that the storage client hands to `createPipelineFromOptions` of core-rest-pipeline, though its own type does not name them. */
type ConnectionOptions = StoragePipelineOptions & { readonly agent?: HttpAgent | HttpsAgent; readonly tlsOptions?: { readonly ca: string } };

/**
 * @param sasUrl Holds a signature: it is as secret as a password and never stands in a message.
 * @param ca PEM of a certificate authority to trust besides the system's.
 */
export function openContainer(sasUrl: string, ca: string | undefined): ContainerClient {
  // One attempt for each call: who repeats a block must know what of it has arrived (see blockSender.ts).
  const options: ConnectionOptions = { ...connectionOf(new URL(sasUrl), ca), retryOptions: { maxTries: 1 } };
  return new ContainerClient(sasUrl, newPipeline(new AnonymousCredential(), options));
}

/** HTTP(S)_PROXY is applied even to 127.0.0.1 (media-services.md §1.2), unless a request has an agent. */
function connectionOf({ hostname, protocol }: URL, ca: string | undefined): Pick<ConnectionOptions, 'agent' | 'tlsOptions'> {
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
  if (!isLoopback) return ca === undefined ? {} : { tlsOptions: { ca } };
  return { agent: protocol === 'http:' ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) }) };
}
