// `fieldcast events` against the real embedded service: what still runs is found, and only what Fieldcast started is stopped.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWNER_TAG, TIMELINE_ZERO_TAG } from '../../src/contract/eventTags.ts';
import { readServiceDescriptor, SERVICE_ENTRY, type ServiceProcess, spawnService, temporaryHome, toolsOf } from '../support/embeddedService.ts';

const CLI = fileURLToPath(new URL('../../src/main/cli.ts', import.meta.url));
const START = 1_795_000_000;
const quick = { updateIntervalInMs: 20 };
let home: Awaited<ReturnType<typeof temporaryHome>>;
let service: ServiceProcess;
let tools: ReturnType<typeof toolsOf>;

async function fieldcast(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, FIELDCAST_HOME: home.home };
  return promisify(execFile)(process.execPath, [CLI, 'events', ...args], { env, timeout: 30_000 })
    .then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), (error: { code: number; stdout: string; stderr: string }) => error);
}
const stateOf = async (name: string) => (await tools.client.liveEvents.get(...tools.scope, name)).resourceState;

beforeAll(async () => {
  home = await temporaryHome();
  service = await spawnService(SERVICE_ENTRY, home.home);
  tools = toolsOf(await readServiceDescriptor(home.home));
  const create = (name: string, tags: Record<string, string>, autoStart: boolean) =>
    tools.client.liveEvents.beginCreateAndWait(...tools.scope, name, { location: 'Local', tags, input: { streamingProtocol: 'RTMP' } }, { ...quick, autoStart });
  const ours = { [TIMELINE_ZERO_TAG]: String(START) };
  await create('forgotten', ours, true);
  await create('resting', ours, false);
  await create('foreign', {}, true);
  await create('onair', ours, true);
  await create('partners', { ...ours, [OWNER_TAG]: `3;another-show;${Date.now() + 3_600_000};0` }, true);
  // A show of this home that is still on.
  const journal = {
    version: 1, showId: '11111111-aaaa', startedAtUtc: new Date().toISOString(), state: 'live',
    plan: {
      video: { kind: 'test' }, audio: { kind: 'none' }, destination: { kind: 'embedded' }, rehearse: false,
      ladder: { name: 'l', frameRate: { num: 30, den: 1 }, gopSeconds: 2, audioKbps: 128, renditions: [{ name: 'top', width: 320, height: 180, declaredKbps: 400 }] },
    },
    created: { eventName: 'onair', ownsEvent: true, startedEvent: true },
  };
  await mkdir(path.join(home.home, 'shows'), { recursive: true });
  await writeFile(path.join(home.home, 'shows', `${journal.showId}.json`), JSON.stringify(journal));
});
afterAll(async () => {
  service.child.kill('SIGKILL');
  await service.exited;
  await home.remove();
});

describe('the guard against forgotten events', () => {
  it('lists what costs money first, since when, and whose it is', async () => {
    const { stdout } = await fieldcast('--json');
    expect(JSON.parse(stdout)).toEqual({
      type: 'events',
      events: [
        { name: 'foreign', state: 'Running', ours: false, costs: true, sinceUtc: expect.any(String) },
        { name: 'forgotten', state: 'Running', ours: true, costs: true, sinceUtc: new Date(START * 1000).toISOString() },
        { name: 'onair', state: 'Running', ours: true, costs: true, sinceUtc: new Date(START * 1000).toISOString(), showId: '11111111-aaaa' },
        { name: 'partners', state: 'Running', ours: true, costs: true, sinceUtc: new Date(START * 1000).toISOString() },
        { name: 'resting', state: 'Stopped', ours: true, costs: false, sinceUtc: new Date(START * 1000).toISOString() },
      ],
    });
    const text = (await fieldcast()).stdout;
    expect(text).toMatch(/COSTS MONEY forgotten +Running for [\d.]+ (h|min) → `--stop forgotten` stops it/);
    expect(text).toMatch(/COSTS MONEY foreign +Running.*not started by Fieldcast/);
  });

  it.each([['foreign', 'EVENT_NOT_OURS'], ['onair', 'EVENT_IN_USE'], ['partners', 'EVENT_OWNED'], ['nobody', 'NO_SUCH_EVENT']])('does not stop %s', async (name, code) => {
    const result = await fieldcast('--stop', name);
    expect([result.code === 0, result.stderr]).toEqual([false, expect.stringContaining(code)]);
    if (name !== 'nobody') expect(await stateOf(name)).toBe('Running');
  });

  it('stops what is ours, and says so again when asked again', async () => {
    expect((await fieldcast('--stop', 'forgotten')).stdout).toBe('forgotten is Stopped. Its recordings stay.\n');
    expect(await stateOf('forgotten')).toBe('Stopped');
    expect((await fieldcast('--stop', 'forgotten')).code).toBe(0);
  });
});
