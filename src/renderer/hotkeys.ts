// Single keys for the desk, chosen by the operator and remembered on this machine. They are off while a field has the focus.
import { useEffect, useRef } from 'react';
import { create } from 'zustand';
import { z } from 'zod';

export const KEYED = ['mute', 'slate', 'cue'] as const;
export type Keyed = (typeof KEYED)[number];
const DEFAULTS: Readonly<Record<Keyed, string>> = { mute: 'm', slate: 's', cue: 'c' };
const STORAGE_KEY = 'fieldcast.keys';
/** One printable character that is not a digit: those are the sources. */
const keySchema = z.string().regex(/^[^\d\s]$/u);
const keysSchema = z.object({ mute: keySchema.catch(DEFAULTS.mute), slate: keySchema.catch(DEFAULTS.slate), cue: keySchema.catch(DEFAULTS.cue) });

export const useKeys = create<Readonly<Record<Keyed, string>>>(() => remembered());

/** False where the key cannot be used: not one character, a digit, or another act's. */
export function changeKey(act: Keyed, key: string): boolean {
  const chosen = key.toLowerCase();
  if (!keySchema.safeParse(chosen).success || KEYED.some((one) => one !== act && useKeys.getState()[one] === chosen)) return false;
  useKeys.setState({ [act]: chosen });
  localStorage.setItem(STORAGE_KEY, JSON.stringify(useKeys.getState()));
  return true;
}

/** Calls `act` for a plain press of a key anywhere but in a field. */
export function usePlainKeys(act: (key: string) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  }, [act]);
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLElement && event.target.closest('input, select, textarea, [contenteditable], [role="dialog"]') !== null) return;
      latest.current(event.key.toLowerCase());
    };
    window.addEventListener('keydown', down);
    return () => window.removeEventListener('keydown', down);
  }, []);
}

function remembered(): Readonly<Record<Keyed, string>> {
  try {
    return keysSchema.parse(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}'));
  } catch {
    return DEFAULTS;
  }
}
