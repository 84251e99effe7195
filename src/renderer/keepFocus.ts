// Keeps the keyboard where the operator is: when what had the focus goes away with the state of the show, its bar takes the focus, so that
// the next Tab goes on from there and not from the top of the window.
import { useEffect } from 'react';
import { useCommands } from './commands.ts';
import { useLook } from './lookStore.ts';
import { useShow } from './showStore.ts';

/** The bar (or the middle) that had the focus last, and where it stands among them. */
let last: { readonly bar: HTMLElement; readonly index: number } | undefined;

function bars(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('[data-bar]')];
}

function remember({ target }: FocusEvent): void {
  const bar = target instanceof Element ? target.closest<HTMLElement>('[data-bar]') : null;
  last = bar === null ? undefined : { bar, index: bars().indexOf(bar) };
}

/** To be used once, by the page. */
export function useKeptFocus(): void {
  // What makes controls come and go. A button that waits for an answer is disabled, and what is disabled has no focus.
  useShow((show) => show.state);
  useLook();
  useCommands((one) => one.pending);
  useEffect(() => {
    document.addEventListener('focusin', remember);
    return () => document.removeEventListener('focusin', remember);
  }, []);
  useEffect(() => {
    // Somebody has it, or nobody had.
    if (last === undefined || (document.activeElement !== document.body && document.activeElement !== null)) return;
    const bar = last.bar.isConnected ? last.bar : bars()[last.index];
    if (bar === undefined) return;
    bar.tabIndex = -1;
    bar.focus({ preventScroll: true });
  });
}
