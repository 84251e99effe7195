// A live event of an embedded service that runs already, opened by plain requests: for specs, whose loader cannot carry the SDK.
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { DESCRIPTOR_FILE, SERVICE_DIR, serviceDescriptorSchema, type ServiceDescriptor } from '../../src/contract/embeddedService.ts';
import { until } from './until.ts';

const API_VERSION = '2022-11-01';

export async function descriptorOf(home: string): Promise<ServiceDescriptor> {
  return serviceDescriptorSchema.parse(JSON.parse(await readFile(join(home, SERVICE_DIR, DESCRIPTOR_FILE), 'utf8')));
}

type LiveEvent = { readonly properties: { readonly resourceState: string; readonly input: { readonly endpoints?: readonly { readonly url: string }[] } } };

/** Makes and starts the event `name`; resolves to its plain RTMP ingest address with its key. */
export async function openIngest(home: string, name: string): Promise<URL> {
  const descriptor = await descriptorOf(home);
  const ca = await readFile(descriptor.caPath, 'utf8');
  const path = `/subscriptions/${descriptor.subscriptionId}/resourceGroups/${descriptor.resourceGroup}/providers/Microsoft.Media/mediaservices/${descriptor.accountName}/liveEvents/${name}?api-version=${API_VERSION}`;
  const ask = async (method: string, query = '', body?: object): Promise<LiveEvent> => new Promise((resolve, reject) => {
    const call = request(new URL(path + query, descriptor.endpoint), { method, ca, agent: false, timeout: 10_000, headers: { authorization: `Bearer ${descriptor.token}`, 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
      response.on('end', () => {
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`The service answers ${response.statusCode}: ${text}`));
        else resolve(JSON.parse(text) as LiveEvent);
      });
    });
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error('The service does not answer.')));
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
  await ask('PUT', '&autoStart=true', { location: 'Local', properties: { input: { streamingProtocol: 'RTMP' } } });
  let event: LiveEvent | undefined;
  await until(async () => {
    event = await ask('GET');
    return event.properties.resourceState === 'Running';
  }, 'the live event to run');
  const url = event?.properties.input.endpoints?.find((one) => one.url.startsWith('rtmp:'))?.url;
  if (url === undefined) throw new Error('The live event has no ingest.');
  return new URL(url);
}
