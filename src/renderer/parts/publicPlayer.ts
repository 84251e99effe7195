// Plays the public DASH stream with shaka-player and tells where it stands in the rewind window. Keeps no state of its own beyond the player.
import type shakaModule from 'shaka-player';

export type PlayerSight = {
  /** Behind the program, measured by the manifest's clock, s; undefined while nothing moves. */
  readonly delaySeconds: number | undefined;
  /** Behind the newest that viewers can get, s. */
  readonly behindSeconds: number;
  /** How far back the stream goes now, s. */
  readonly windowSeconds: number;
  readonly isPaused: boolean;
};

export type PublicPlayer = {
  /** Goes to so many seconds behind the newest; 0 is live. */
  readonly goTo: (behindSeconds: number) => void;
  readonly setPaused: (isPaused: boolean) => void;
  readonly stop: () => void;
};

/** Packagers list a stream a moment after it is public. */
const RETRY_MS = 1500;
const MEASURE_MS = 500;
/** Whoever is no further behind than this watches live. */
export const LIVE_WITHIN_SECONDS = 6;

export function playPublic(element: HTMLVideoElement, url: string, onSight: (sight: PlayerSight | undefined) => void): PublicPlayer {
  let player: shakaModule.default.Player | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let isHeld = false;
  let zeroUtcMs = Number.NaN;
  let lastTime = -1;
  const start = async (): Promise<void> => {
    const loaded = await import('shaka-player');
    // A classic script: what its types call the default of its default is what a bundler gives as the default.
    const shaka = loaded.default as unknown as typeof shakaModule.default;
    if (isOver) return;
    const next = new shaka.Player();
    player = next;
    await next.attach(element);
    next.configure({ streaming: { bufferingGoal: 8, bufferBehind: 4 }, abr: { restrictToElementSize: true } });
    // Not the player's own date: it corrects its start by what it takes for drift.
    next.getNetworkingEngine()?.registerResponseFilter((type, response) => {
      if (type !== shaka.net.NetworkingEngine.RequestType.MANIFEST) return;
      zeroUtcMs = Date.parse(/availabilityStartTime="([^"]+)"/.exec(new TextDecoder().decode(response.data))?.[1] ?? '');
    });
    const again = (): void => {
      if (isOver || player !== next) return;
      player = undefined;
      void next.destroy();
      onSight(undefined);
      retry = setTimeout(() => void start(), RETRY_MS);
    };
    next.addEventListener('error', again);
    try {
      await next.load(url);
      if (!isHeld) await element.play().catch(() => undefined);
    } catch {
      again();
    }
  };
  const measure = setInterval(() => {
    const moves = element.currentTime > lastTime && element.readyState >= 2;
    lastTime = element.currentTime;
    if (player === undefined || element.readyState < 1) return onSight(undefined);
    const { start: from, end } = player.seekRange();
    const delay = (Date.now() - zeroUtcMs) / 1000 - element.currentTime;
    onSight({
      delaySeconds: (moves || isHeld) && Number.isFinite(delay) ? delay : undefined,
      behindSeconds: Math.max(0, end - element.currentTime), windowSeconds: Math.max(0, end - from), isPaused: isHeld,
    });
  }, MEASURE_MS);
  const onVisibility = (): void => {
    if (document.hidden) return element.pause();
    // Who watched live goes on live; who had gone back goes on where he was.
    if (player !== undefined && !isHeld && player.seekRange().end - element.currentTime <= LIVE_WITHIN_SECONDS) player.goToLive();
    if (!isHeld) void element.play().catch(() => undefined);
  };
  document.addEventListener('visibilitychange', onVisibility);
  void start();
  return {
    goTo: (behindSeconds) => {
      if (player === undefined) return;
      const { start: from, end } = player.seekRange();
      if (behindSeconds <= 0) player.goToLive();
      else element.currentTime = Math.max(from, end - behindSeconds);
    },
    setPaused: (isPaused) => {
      isHeld = isPaused;
      if (isPaused) element.pause();
      else void element.play().catch(() => undefined);
    },
    stop: () => {
      isOver = true;
      clearInterval(measure);
      clearTimeout(retry);
      document.removeEventListener('visibilitychange', onVisibility);
      void player?.destroy();
    },
  };
}
