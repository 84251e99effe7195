// What goes wrong in shows, as the operator sees it in real Chromium: a permission that is refused, a source that is unplugged, an uplink
// that is cut; and the second instance that stands by for such moments.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { expectAccessible } from '../support/accessible.ts';
import { startBuiltEngine, type BuiltEngine } from '../support/builtEngine.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startFaultProxy, type FaultProxy } from '../support/faultProxy.ts';
import { startForegroundService } from '../support/foregroundService.ts';
import { hold, holdKeys, press, typeInto } from '../support/keyboard.ts';
import { openIngest } from '../support/openedIngest.ts';
import { startPulseAudio, type PulseAudio } from '../support/pulseAudio.ts';
import { openShowWindow } from '../support/showWindow.ts';
import { startXvfb, type Xvfb } from '../support/xvfb.ts';

test.skip(chromiumMissing() !== undefined, chromiumMissing());
test.setTimeout(150_000);
const STEP = { timeout: 60_000 };

let root: string;
let browser: Browser;
test.beforeAll(async () => {
  process.env['FIELDCAST_SERVICE_LINGER_MS'] = '500';
  root = await mkdtemp(join(tmpdir(), 'fieldcast-trouble-'));
  browser = await launchChromium();
});
test.afterAll(async () => {
  await browser?.close();
  if (root !== undefined) await rm(root, { recursive: true, force: true });
});

const lamp = (page: Page) => page.getByRole('status');

async function goLive(page: Page): Promise<void> {
  await press(page.getByRole('button', { name: 'Start rehearsal' }));
  await expect(lamp(page)).toHaveText('REHEARSAL', STEP);
  await press(page.getByRole('button', { name: /^Go live/ }));
  await expect(lamp(page)).toHaveText('ON AIR', STEP);
}

/** What was said stands there, whatever the sentence of the moment is about. */
async function expectInLog(page: Page, text: string | RegExp): Promise<void> {
  await press(page.getByRole('button', { name: 'Log', exact: true }));
  await expect(page.getByRole('dialog').getByText(text).first()).toBeVisible(STEP);
  await page.keyboard.press('Escape');
}

async function holdToEnd(page: Page): Promise<void> {
  await hold(page.getByRole('button', { name: /Stop show/ }), () => expect(lamp(page)).not.toHaveText('ON AIR', STEP));
  await expect(lamp(page)).toHaveText('OFF', STEP);
}

test.describe('screen and microphone', () => {
  const absent = ['Xvfb', 'pulseaudio'].filter((name) => spawnSync('which', [name]).status !== 0);
  test.skip(absent.length > 0, `needs ${absent.join(' and ')}`);
  test.describe.configure({ mode: 'serial' });
  let screen: Xvfb;
  let sound: PulseAudio;
  let engine: BuiltEngine;
  let page: Page;
  const server = process.env['PULSE_SERVER'];

  test.beforeAll(async () => {
    screen = await startXvfb(854, 480);
    sound = await startPulseAudio();
    process.env['PULSE_SERVER'] = sound.env.PULSE_SERVER;
    engine = await startBuiltEngine(join(root, 'devices'));
  });
  test.afterAll(async () => {
    if (server === undefined) delete process.env['PULSE_SERVER'];
    else process.env['PULSE_SERVER'] = server;
    await engine?.stop();
    await Promise.all([screen?.stop(), sound?.stop()]);
  });

  test('a refused permission is said before the show, with the way to the settings', async () => {
    const window = await openShowWindow(browser, engine, {
      plan: { video: { kind: 'screen', display: screen.display }, audio: { kind: 'microphone', name: sound.monitor } },
      desktop: ({ ask }) => (ask === 'permissions' ? { camera: 'granted', microphone: 'denied', screen: 'granted', settings: ['microphone'] } : ask === 'updates' ? { state: 'unavailable' } : null),
    });
    ({ page } = window);
    await expect(page.getByText('Not allowed')).toBeVisible(STEP);
    await expectAccessible(page, 'a refused permission');
    await press(page.getByRole('button', { name: 'Open the system settings' }));
    await expect.poll(() => window.asked).toContainEqual({ ask: 'permissionSettings', kind: 'microphone' });
  });

  test('on air the withheld microphone is measured and said, and forgotten once it is heard', async () => {
    await goLive(page);
    await expectInLog(page, 'The microphone gives exact zeros');
    const stopTone = sound.playTone('ffmpeg', 440);
    await expect(page.getByRole('region', { name: 'What to do next' })).not.toContainText('exact zeros', STEP);
    await expect.poll(async () => Number(await page.getByRole('meter', { name: 'Left' }).getAttribute('aria-valuenow')), STEP).toBeGreaterThan(-50);
    await stopTone();
  });

  test('a source that is unplugged leaves the show on air, and comes back by itself', async () => {
    const { display } = screen;
    await screen.stop();
    await expectInLog(page, 'The last picture is held.');
    await expect(page.getByRole('region', { name: 'What to do next' })).toContainText(/The last picture is held\.|The slate is shown|slate/, STEP);
    await expect(lamp(page)).toHaveText('ON AIR');
    await expectAccessible(page, 'an unplugged source');
    screen = await startXvfb(854, 480, display);
    await expectInLog(page, / is back after /);
    await expect(page.getByRole('region', { name: 'What to do next' })).not.toContainText('The last picture is held.');
    await holdToEnd(page);
  });
});

test.describe('the uplink', () => {
  let service: Awaited<ReturnType<typeof startForegroundService>>;
  let proxy: FaultProxy;
  let engine: BuiltEngine;
  test.beforeAll(async () => {
    const home = join(root, 'elsewhere');
    service = await startForegroundService(home);
    engine = await startBuiltEngine(join(root, 'uplink'));
  });
  test.afterAll(async () => {
    await engine?.stop();
    await proxy?.close();
    await service?.stop();
  });

  test('cut and back: the show says so, tries again, and is on air again', async () => {
    const ingest = await openIngest(join(root, 'elsewhere'), 'cut');
    proxy = await startFaultProxy(Number(ingest.port));
    ingest.port = String(proxy.port);
    const { page } = await openShowWindow(browser, engine, {});
    await press(page.getByRole('button', { name: 'RTMP server' }));
    await typeInto(page.getByLabel('Address'), `${ingest.href}/show`);
    await press(page.getByRole('button', { name: 'Go live' }));
    await expect(lamp(page)).toHaveText('ON AIR', STEP);
    await expect(page.getByRole('row', { name: /480p/ })).toContainText('Sending', STEP);
    proxy.cut(true);
    await expect(lamp(page)).toHaveText('RECONNECTING', STEP);
    await expect(page.getByText('No connection carries media')).toBeVisible();
    await expectAccessible(page, 'cut off');
    proxy.cut(false);
    await press(page.getByRole('button', { name: 'Reconnect now' }));
    await expect(lamp(page)).toHaveText('ON AIR', STEP);
    await expect(page.getByRole('row', { name: /480p/ })).toContainText('Sending');
    await holdToEnd(page);
    await page.context().close();
  });
});

test.describe('a second instance', () => {
  let first: BuiltEngine;
  let second: BuiltEngine;
  test.beforeAll(async () => {
    first = await startBuiltEngine(join(root, 'first'));
    second = await startBuiltEngine(join(root, 'second'));
  });
  test.afterAll(async () => {
    await second?.stop();
    await first?.stop();
  });

  test('joins by the link of the first one, both are on air on one event, and the partner stays when one ends', async () => {
    const { page } = await openShowWindow(browser, first, { plan: { eventName: 'together' } });
    await goLive(page);
    await expect(page.getByRole('heading', { name: 'together', level: 1 })).toBeVisible(STEP);
    await press(page.getByRole('button', { name: 'Control room' }));
    const link = (await page.getByText(/^fieldcast:\/\/join\/together/).innerText()).split(' ')[0]!;

    let told = false;
    const { page: other } = await openShowWindow(browser, second, {
      desktop: ({ ask }) => {
        if (ask === 'updates') return { state: 'unavailable' };
        if (ask !== 'link' || told) return null;
        told = true;
        return link;
      },
    });
    await expect(other.getByLabel('Event name')).toHaveValue('together', STEP);
    await expect(other.getByLabel('Join the event of another instance')).toBeChecked();
    await expect(other.getByText('The embedded service of another instance on this computer')).toBeVisible();
    await expectAccessible(other, 'a form filled in by a link');
    // The owner is public already, so this one follows by itself.
    await press(other.getByRole('button', { name: 'Start rehearsal' }));
    await expect(lamp(other)).toHaveText('ON AIR', STEP);
    await press(other.getByRole('button', { name: 'Control room' }));
    await expect(other.getByText('Owned by the partner: this instance cannot stop it')).toBeVisible(STEP);
    await expect(page.getByText('Owned here')).toBeVisible(STEP);
    await expectAccessible(page, 'the pair');
    // By the chord, wherever the focus is.
    await holdKeys(other, ['Control', 'Shift', 'E'], () => expect(lamp(other)).not.toHaveText('ON AIR', STEP));
    await expect(lamp(other)).toHaveText('OFF', STEP);
    await expect(lamp(page)).toHaveText('ON AIR');
    await press(page.getByRole('button', { name: 'Show', exact: true }));
    await expect(page.getByRole('row', { name: /480p/ }).first()).toContainText('Sending');
    await holdToEnd(page);
  });
});
