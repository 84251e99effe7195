// The keys of a running show on a terminal: Enter goes live from a rehearsal, r connects again now. Ctrl-C stays what it is everywhere.
import readline from 'node:readline';

export type ShowKeys = {
  /** Not given where there is nothing to make public. */
  readonly goLive?: () => void;
  readonly reconnectNow: () => void;
};

/** Listens until the returned function is called; does nothing without a terminal. */
export function listenToKeys(keys: ShowKeys): () => void {
  const { stdin } = process;
  // Whoever pipes the output away watches no show; only going live is still his to decide.
  if (!stdin.isTTY || (keys.goLive === undefined && !process.stdout.isTTY)) return () => undefined;
  const onKey = (_text: string | undefined, key: readline.Key): void => {
    // A raw terminal makes no signal of it.
    if (key.ctrl === true && key.name === 'c') process.kill(process.pid, 'SIGINT');
    else if (key.name === 'return') keys.goLive?.();
    else if (key.name === 'r') keys.reconnectNow();
  };
  readline.emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on('keypress', onKey).resume();
  return () => {
    stdin.off('keypress', onKey).pause();
    stdin.setRawMode(false);
  };
}
