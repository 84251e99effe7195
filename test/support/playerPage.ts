// Runs inside the browser page that test/support/chromium.ts serves: plays one manifest with a real player library and measures
// what a viewer would see and hear. It judges nothing; the tests do.
import HlsPlayer from 'hls.js';
import type shakaModule from 'shaka-player';

/** One video track of the manifest, as the player library lists it. */
export type ListedRendition = { readonly width: number; readonly height: number; readonly bitrate: number };

/** What the picture and the sound did during one stretch of watching. Times in media or wall milliseconds, as named. */
export type Observation = {
  readonly wallMs: number;
  readonly playedMs: number;
  readonly decodedFrames: number;
  readonly droppedFrames: number;
  /** Frames handed to the compositor, by requestVideoFrameCallback. */
  readonly presentedFrames: number;
  /** The longest step between the media times of two presented frames. */
  readonly longestFrameStepMs: number;
  readonly pictureSamples: number;
  /** How many different pictures were among the samples. */
  readonly distinctPictures: number;
  /** Loudest and quietest root mean square of the sound, full scale = 1. */
  readonly loudestRms: number;
  readonly quietestRms: number;
  readonly videoWidth: number;
  readonly videoHeight: number;
};

/** A cue that became active while the stream played. */
export type MetCue = {
  /** Id and attribute of a date range in HLS; scheme and id of an event in DASH. */
  readonly id: string;
  readonly key: string;
  /** UTC of the picture on the screen when it did. */
  readonly shownUtcMs: number;
};

/** The hooks that the page offers to Playwright. */
export type PlayerPage = {
  /** @param keyToken is shown to the key delivery. */
  start(player: 'hls.js' | 'shaka-player', url: string, keyToken?: string): Promise<void>;
  renditions(): readonly ListedRendition[];
  switchTo(height: number, timeoutMs: number): Promise<{ videoWidth: number; videoHeight: number; tookMs: number }>;
  observe(wallMs: number): Promise<Observation>;
  state(): { currentTimeS: number; readyState: number; live: boolean; bufferedS: number; errors: string[]; fatal: string[] };
  seek(seconds: number): void;
  cues(): readonly MetCue[];
  picture(): string;
  stop(): Promise<void>;
};

declare global {
  // A property of the page's global object can only be declared with var.
  var playerPage: PlayerPage;
  /** Set by shaka-player's classic script; the package has no ES module. */
  var shaka: typeof shakaModule.default;
}

const SAMPLE_EVERY_MS = 100;
const MAX_ERRORS = 50;
/** shaka.util.Error.Severity.CRITICAL: the player gave up. */
const SHAKA_CRITICAL = 2;

const video = document.querySelector('video');
if (video === null) throw new Error('The page has no video element.');
const canvas = document.createElement('canvas');
const context = canvas.getContext('2d', { willReadFrequently: true });
if (context === null) throw new Error('The browser gives no 2D canvas.');
const errors: string[] = [];
const fatal: string[] = [];
const met: MetCue[] = [];

type Adapter = {
  renditions(): ListedRendition[];
  choose(height: number): void;
  live(): boolean;
  destroy(): Promise<void>;
};
let adapter: Adapter | undefined;
let analyser: AnalyserNode | undefined;

function note(list: string[], sentence: string): void {
  if (list.length < MAX_ERRORS) list.push(sentence);
}

video.addEventListener('error', () => note(fatal, `media element: ${video.error?.message ?? 'unknown error'}`));

function startHls(url: string, keyToken: string | undefined): Adapter {
  const hls = new HlsPlayer({
    capLevelToPlayerSize: false,
    xhrSetup: (xhr, asked) => { if (keyToken !== undefined && asked.includes('/keydelivery')) xhr.setRequestHeader('authorization', `Bearer ${keyToken}`); },
  });
  hls.on(HlsPlayer.Events.ERROR, (_event, data) => {
    note(data.fatal ? fatal : errors, `${data.type} ${data.details}: ${data.error.message}`);
  });
  // hls.js makes a text track of metadata out of date ranges; one cue for each attribute.
  media().textTracks.addEventListener('addtrack', ({ track }) => {
    if (track === null || track.kind !== 'metadata') return;
    track.mode = 'hidden';
    track.addEventListener('cuechange', () => {
      for (const cue of track.activeCues ?? []) {
        const { key } = (cue as TextTrackCue & { value?: { key?: string } }).value ?? {};
        noteCue(cue.id, key ?? '', hls.playingDate);
      }
    });
  });
  hls.loadSource(url);
  hls.attachMedia(media());
  return {
    renditions: () => hls.levels.map(({ width, height, bitrate }) => ({ width, height, bitrate })),
    choose(height) {
      hls.currentLevel = hls.levels.findIndex((level) => level.height === height);
    },
    live: () => hls.latestLevelDetails?.live ?? false,
    destroy: () => Promise.resolve(hls.destroy()),
  };
}

async function startShaka(url: string, keyToken: string | undefined): Promise<Adapter> {
  let zeroUtcMs = NaN;
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  await player.attach(media());
  player.configure('abr.restrictToElementSize', false);
  player.addEventListener('error', (event) => noteShaka((event as unknown as { detail: unknown }).detail));
  player.addEventListener('timelineregionenter', (event) => {
    const { schemeIdUri, id } = (event as unknown as { detail: { schemeIdUri: string; id: string } }).detail;
    // Not the player's own date: it corrects its start time by what it takes for drift, by most of a second here.
    noteCue(id, schemeIdUri, new Date(zeroUtcMs + media().currentTime * 1000));
  });
  player.getNetworkingEngine()?.registerResponseFilter((type, response) => {
    if (type !== shaka.net.NetworkingEngine.RequestType.MANIFEST) return;
    zeroUtcMs = Date.parse(/availabilityStartTime="([^"]+)"/.exec(new TextDecoder().decode(response.data))?.[1] ?? '');
  });
  player.getNetworkingEngine()?.registerRequestFilter((_type, request) => {
    if (keyToken !== undefined && request.uris[0]?.includes('/keydelivery') === true) request.headers['authorization'] = `Bearer ${keyToken}`;
  });
  await player.load(url).catch(noteShaka);
  return {
    renditions: () =>
      player.getVariantTracks().map((track) => ({ width: track.width ?? 0, height: track.height ?? 0, bitrate: track.videoBandwidth ?? track.bandwidth })),
    choose(height) {
      const track = player.getVariantTracks().find((one) => one.height === height);
      if (track === undefined) throw new Error(`The manifest has no rendition of ${height} lines.`);
      player.configure('abr.enabled', false);
      player.selectVariantTrack(track, true);
    },
    live: () => player.isLive(),
    destroy: () => player.destroy(),
  };
}

function noteCue(id: string, key: string, shown: Date | null): void {
  if (met.length < MAX_ERRORS && !met.some((one) => one.id === id && one.key === key)) met.push({ id, key, shownUtcMs: shown?.getTime() ?? Number.NaN });
}

/** A minified shaka error says nothing by its class or message; its category and code do (shaka.util.Error.Code). */
function noteShaka(error: unknown): void {
  const { severity, category, code, data } = error as { severity?: number; category?: number; code?: number; data?: unknown[] };
  note(severity === SHAKA_CRITICAL ? fatal : errors, `shaka error ${category}.${code} ${JSON.stringify(data?.slice(0, 2) ?? String(error))}`);
}

function media(): HTMLVideoElement {
  if (video === null) throw new Error('The page has no video element.');
  return video;
}

/** The sound is tapped in front of the loudspeaker, so a machine without one measures the same. */
function tapSound(): AnalyserNode {
  const audio = new AudioContext();
  const tap = audio.createAnalyser();
  tap.fftSize = 2048;
  audio.createMediaElementSource(media()).connect(tap);
  tap.connect(audio.destination);
  void audio.resume();
  return tap;
}

function rms(tap: AnalyserNode): number {
  const wave = new Float32Array(tap.fftSize);
  tap.getFloatTimeDomainData(wave);
  let sum = 0;
  for (const sample of wave) sum += sample * sample;
  return Math.sqrt(sum / wave.length);
}

/** FNV-1a over a small copy of the picture: equal pictures have equal hashes, whatever their size. */
function pictureHash(): number {
  canvas.width = 160;
  canvas.height = 90;
  context?.drawImage(media(), 0, 0, canvas.width, canvas.height);
  const pixels = context?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
  let hash = 0x811c9dc5;
  for (const byte of pixels) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

async function observe(wallMs: number): Promise<Observation> {
  const element = media();
  const tap = (analyser ??= tapSound());
  const before = element.getVideoPlaybackQuality();
  const startedAt = performance.now();
  const startedTime = element.currentTime;
  const hashes = new Set<number>();
  let presentedFrames = 0;
  let longestFrameStepMs = 0;
  let lastMediaTime: number | undefined;
  let watching = true;
  const onFrame = (_now: number, frame: VideoFrameCallbackMetadata): void => {
    if (!watching) return;
    presentedFrames += 1;
    if (lastMediaTime !== undefined) longestFrameStepMs = Math.max(longestFrameStepMs, (frame.mediaTime - lastMediaTime) * 1000);
    lastMediaTime = frame.mediaTime;
    element.requestVideoFrameCallback(onFrame);
  };
  element.requestVideoFrameCallback(onFrame);

  let pictureSamples = 0;
  let loudestRms = 0;
  let quietestRms = Number.POSITIVE_INFINITY;
  while (performance.now() - startedAt < wallMs) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_EVERY_MS));
    hashes.add(pictureHash());
    pictureSamples += 1;
    const level = rms(tap);
    loudestRms = Math.max(loudestRms, level);
    quietestRms = Math.min(quietestRms, level);
  }
  watching = false;
  const after = element.getVideoPlaybackQuality();
  return {
    wallMs: performance.now() - startedAt,
    playedMs: (element.currentTime - startedTime) * 1000,
    decodedFrames: after.totalVideoFrames - before.totalVideoFrames,
    droppedFrames: after.droppedVideoFrames - before.droppedVideoFrames,
    presentedFrames,
    longestFrameStepMs,
    pictureSamples,
    distinctPictures: hashes.size,
    loudestRms,
    quietestRms: Number.isFinite(quietestRms) ? quietestRms : 0,
    videoWidth: element.videoWidth,
    videoHeight: element.videoHeight,
  };
}

/** Resolves once the new rendition is on the screen and time goes on. */
async function switchTo(height: number, timeoutMs: number): Promise<{ videoWidth: number; videoHeight: number; tookMs: number }> {
  const element = media();
  const startedAt = performance.now();
  if (adapter === undefined) throw new Error('Nothing is playing.');
  adapter.choose(height);
  let shownSince: number | undefined;
  for (;;) {
    const waitedMs = performance.now() - startedAt;
    if (fatal.length > 0) throw new Error(fatal.join('; '));
    if (waitedMs > timeoutMs) {
      throw new Error(`No ${height} lines after ${timeoutMs} ms: the picture has ${element.videoHeight}, time stands at ${element.currentTime}. ${errors.join('; ')}`);
    }
    if (element.videoHeight === height) shownSince ??= element.currentTime;
    else shownSince = undefined;
    if (shownSince !== undefined && element.currentTime - shownSince > 0.5) {
      return { videoWidth: element.videoWidth, videoHeight: element.videoHeight, tookMs: waitedMs };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function picture(): string {
  const element = media();
  canvas.width = element.videoWidth;
  canvas.height = element.videoHeight;
  context?.drawImage(element, 0, 0);
  return canvas.toDataURL('image/png');
}

const page: PlayerPage = {
  async start(player, url, keyToken) {
    adapter = player === 'hls.js' ? startHls(url, keyToken) : await startShaka(url, keyToken);
    analyser = tapSound();
    // play() stays pending until there is data; state() tells whether there is.
    media().play().catch((error: unknown) => note(errors, `play: ${String(error)}`));
  },
  renditions: () => adapter?.renditions() ?? [],
  switchTo,
  observe,
  state() {
    const { buffered, currentTime, readyState } = media();
    const end = buffered.length === 0 ? currentTime : buffered.end(buffered.length - 1);
    return { currentTimeS: currentTime, readyState, live: adapter?.live() ?? false, bufferedS: end - currentTime, errors, fatal };
  },
  seek(seconds) {
    media().currentTime = seconds;
  },
  cues: () => met,
  picture,
  async stop() {
    await adapter?.destroy();
    adapter = undefined;
  },
};

globalThis.playerPage = page;
