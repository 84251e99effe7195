// Plays a manifest in real Chromium with hls.js or shaka-player and reports what a viewer would see and hear.
// It never judges the stream and never reaches further than the URL it is given.
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { connect } from 'node:tls';
import { chromium, type Browser, type Page } from '@playwright/test';
import { servePlayerPage } from './playerServer.ts';
import type { ListedRendition, Observation } from './playerPage.ts';

/** What one playback showed. */
export type Playback = {
  readonly player: 'hls.js' | 'shaka-player';
  /** From the player's load call to a moving picture, ms. */
  readonly startedMs: number;
  readonly live: boolean;
  readonly renditions: readonly ListedRendition[];
  /** The stretch of undisturbed watching after the start. */
  readonly watched: Observation;
  /** One entry for each rendition that was switched to, lowest first. */
  readonly switches: readonly { readonly height: number; readonly videoWidth: number; readonly videoHeight: number; readonly tookMs: number }[];
  /** The last picture at full size, PNG. */
  readonly picture: Buffer;
  /** Errors that the player survived. One that it does not survive rejects the playback. */
  readonly errors: readonly string[];
};

export type PlayOptions = {
  /** How long to watch undisturbed, default 3000 ms. */
  readonly watchMs?: number;
  /** Whether to switch to every rendition in turn, default true. */
  readonly switchRenditions?: boolean;
  /** PEM of the authority that signed the server's certificate, for https on a private CA. */
  readonly ca?: string;
  /** Bound for the start and for each switch, default 30 000 ms. */
  readonly deadlineMs?: number;
  /** Where to start in a recording, seconds; a live stream starts near its edge. */
  readonly seekSeconds?: number;
  /** Token for a key that is given against one. */
  readonly keyToken?: string;
  /** Called with the open page while it plays, for observations of a test's own. */
  readonly whilePlaying?: (page: Page) => Promise<void>;
};

/** Chromium with H.264 and AAC: `CHROMIUM`, Debian's, Chrome, or Playwright's own; undefined where there is none. */
export function findChromium(): string | undefined {
  const candidates = [
    process.env['CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    chromium.executablePath(),
  ];
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path));
}

/** The reason to skip a test that needs Chromium, or undefined where it can run. */
export function chromiumMissing(): string | undefined {
  return findChromium() === undefined ? 'needs Chromium: apt-get install chromium, or set CHROMIUM to its path' : undefined;
}

/** Starts Chromium with nothing of the network but what the page asks for. `pinnedKeys` are SPKI hashes accepted for TLS. */
export async function launchChromium(pinnedKeys: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(chromiumMissing());
  return await chromium.launch({
    executablePath,
    timeout: 60_000,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', '--mute-audio',
      ...(pinnedKeys.length > 0 ? [`--ignore-certificate-errors-spki-list=${pinnedKeys.join(',')}`] : []),
    ],
  });
}

/** What {@link launchChromium} pins: SHA-256 of a certificate's public key (SPKI), base64. Takes PEM or DER. */
function spkiHash(certificate: string | Buffer): string {
  const { publicKey } = new X509Certificate(certificate);
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
}

/** Plays an HLS manifest with hls.js. Rejects with the player's fatal error, or when the deadline passes without a moving picture. */
export async function playHls(url: string, options: PlayOptions = {}): Promise<Playback> {
  return await play('hls.js', url, options);
}

/** Plays a DASH manifest with shaka-player; rejects as {@link playHls} does. */
export async function playDash(url: string, options: PlayOptions = {}): Promise<Playback> {
  return await play('shaka-player', url, options);
}

async function play(player: Playback['player'], url: string, options: PlayOptions): Promise<Playback> {
  const pinned = options.ca === undefined || !url.startsWith('https:') ? [] : [await keyVerifiedBy(options.ca, new URL(url))];
  const server = await servePlayerPage();
  try {
    const browser = await launchChromium(pinned);
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      await page.waitForFunction(() => 'playerPage' in globalThis, undefined, { timeout: 20_000 });
      return await playOn(page, player, url, options);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

async function playOn(page: Page, player: Playback['player'], url: string, options: PlayOptions): Promise<Playback> {
  const { watchMs = 3000, switchRenditions = true, deadlineMs = 30_000 } = options;
  const startedAt = performance.now();
  await within(deadlineMs, `${player} to load ${url}`, page.evaluate(async (what) => await playerPage.start(what.player, what.url, what.keyToken), { player, url, keyToken: options.keyToken }));
  if (options.seekSeconds !== undefined) await page.evaluate((seconds) => playerPage.seek(seconds), options.seekSeconds);
  await waitForMovement(page, player, url, deadlineMs);
  const startedMs = performance.now() - startedAt;

  const watched = await within(watchMs + deadlineMs, 'the observation', page.evaluate(async (ms) => await playerPage.observe(ms), watchMs));
  await options.whilePlaying?.(page);
  const renditions = await page.evaluate(() => playerPage.renditions());
  const switches: { height: number; videoWidth: number; videoHeight: number; tookMs: number }[] = [];
  if (switchRenditions) {
    const heights = [...new Set(renditions.map((one) => one.height))].sort((a, b) => a - b);
    for (const height of heights) {
      const shown = await within(
        deadlineMs + 5000, `a switch to ${height} lines`,
        page.evaluate(async (to) => await playerPage.switchTo(to.height, to.deadlineMs), { height, deadlineMs }),
      );
      switches.push({ height, ...shown });
    }
  }
  const picture = await page.evaluate(() => playerPage.picture());
  const state = await page.evaluate(() => playerPage.state());
  if (state.fatal.length > 0) throw new Error(`${player} failed on ${url}: ${state.fatal.join('; ')}`);
  await within(10_000, 'the player to stop', page.evaluate(async () => await playerPage.stop()));
  return {
    player, startedMs, live: state.live, renditions, watched, switches,
    picture: Buffer.from(picture.slice(picture.indexOf(',') + 1), 'base64'),
    errors: state.errors,
  };
}

/** Polls until the picture moves; a fatal error of the player ends the wait at once. */
async function waitForMovement(page: Page, player: string, url: string, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  let first: number | undefined;
  for (;;) {
    const state = await page.evaluate(() => playerPage.state());
    if (state.fatal.length > 0) throw new Error(`${player} failed on ${url}: ${state.fatal.join('; ')}`);
    if (state.readyState >= 3) first ??= state.currentTimeS;
    if (first !== undefined && state.currentTimeS > first + 0.1) return;
    if (performance.now() > deadline) {
      throw new Error(`${player} shows no moving picture of ${url} after ${deadlineMs} ms: ${JSON.stringify(state)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Node verifies the server against `ca`; what it verified is then the one key that Chromium accepts (SHA-256 of its SPKI). */
async function keyVerifiedBy(ca: string, url: URL): Promise<string> {
  return await new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const servername = /^[\d.]+$|:/.test(host) ? undefined : host;
    const socket = connect({ host, port: Number(url.port || 443), ca, timeout: 10_000, ...(servername === undefined ? {} : { servername }) });
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(spkiHash(raw));
    });
    socket.once('timeout', () => socket.destroy(new Error(`${url.host} does not answer a TLS handshake.`)));
    socket.once('error', reject);
  });
}

async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
