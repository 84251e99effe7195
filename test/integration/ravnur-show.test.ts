// A whole show to Ravnur Media Services as its documentation describes it, with an embedded service behind it: keys exchanged and renewed on the
// way, one stream under the name of its key, every frame in the archive.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readServiceDescriptor, SERVICE_ENTRY, spawnService, temporaryHome, toolsOf, type ServiceProcess } from '../support/embeddedService.ts';
import { startCli } from '../support/fieldcastCli.ts';
import { startRavnurFacade, type RavnurFacade } from '../support/ravnurFacade.ts';
import { RAVNUR_KEY } from '../support/ravnurServer.ts';

let service: ServiceProcess | undefined;
let facade: RavnurFacade | undefined;
let homes: Awaited<ReturnType<typeof temporaryHome>>[] = [];
beforeAll(async () => {
  homes = [await temporaryHome(), await temporaryHome()];
  service = await spawnService(SERVICE_ENTRY, homes[0]!.home);
  const tools = toolsOf(await readServiceDescriptor(homes[0]!.home));
  facade = await startRavnurFacade(tools.descriptor, tools.ca, 6);
});
afterAll(async () => {
  await facade?.close();
  service?.child.kill('SIGTERM');
  await service?.exited;
  for (const { remove } of homes) await remove();
});

it('carries the top rendition on tokens of six seconds, verified', { timeout: 120_000 }, async () => {
  const descriptor = await readServiceDescriptor(homes[0]!.home);
  const run = startCli(['live', '--source', 'test', '--destination', facade!.destination, '--ladder', '360p:500,240p:250', '--for', '6s', '--json'], {
    home: homes[1]!.home, timeoutMs: 100_000, env: { FIELDCAST_KEY_RAVNUR: RAVNUR_KEY, FIELDCAST_ARM_CA: descriptor.caPath },
  });
  const { report, stderr, stdout, code } = await run.finished;
  expect(report?.failure, stderr).toBeUndefined();
  expect(report?.verification).toEqual([expect.stringMatching(/^360p: all \d+ frames arrived\.$/), expect.stringMatching(/^audio: all/)]);
  expect({ code, verified: report?.verified, renditions: report?.renditions.map(({ name }) => name) }).toEqual({ code: 0, verified: true, renditions: ['360p'] });
  expect(facade!.streams.every((one) => /^live\/[0-9a-f]{32}$/.test(one))).toBe(true);
  expect(facade!.tokensGiven).toBeGreaterThan(1);
  expect(facade!.refused).toBe(0);
  const key = facade!.streams[0]!.slice('live/'.length);
  expect(stdout + stderr).not.toContain(key);
  expect(stdout + stderr).not.toContain(RAVNUR_KEY);
});
