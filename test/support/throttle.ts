// Slows a process down for real: it is stopped for a share of each tenth of a second.

const PERIOD_MS = 100;

/** Lets `pid()` run for `share` of the time until it is released. The process may change; one that has gone is none. */
export function throttle(pid: () => number | undefined, share: number): { readonly release: () => void } {
  let stopped: number | undefined;
  const signal = (target: number | undefined, name: NodeJS.Signals): void => {
    try {
      if (target !== undefined) process.kill(target, name);
    } catch {
      // It has ended.
    }
  };
  const go = (): void => {
    signal(stopped, 'SIGCONT');
    stopped = undefined;
  };
  const timer = setInterval(() => {
    go();
    setTimeout(() => {
      stopped = pid();
      signal(stopped, 'SIGSTOP');
    }, PERIOD_MS * share);
  }, PERIOD_MS);
  return {
    release: () => {
      clearInterval(timer);
      setTimeout(go, PERIOD_MS);
    },
  };
}
