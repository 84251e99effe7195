// Ends something: nothing happens unless it is held to the end, with the pointer or with a key.
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { figure } from '../figures.ts';
import styles from './Button.module.css';
import { Icon } from './Icon.tsx';

/** Long enough that no slip of the hand completes it; --motion-hold of the tokens. */
const HOLD_MS = 1500;

type HoldProps = {
  readonly label: string;
  readonly shortcut?: string;
  /** Whether a key press anywhere in the window holds this button. */
  readonly isShortcut?: (event: globalThis.KeyboardEvent) => boolean;
  readonly disabled?: boolean;
  readonly onHeld: () => void;
};

export function HoldButton({ label, shortcut, isShortcut, disabled = false, onHeld }: HoldProps) {
  const { t, i18n } = useTranslation();
  const [heldMs, setHeldMs] = useState<number>();
  const fill = useRef<HTMLSpanElement>(null);
  const frame = useRef<number>(undefined);
  const done = useRef(onHeld);
  useEffect(() => {
    done.current = onHeld;
  }, [onHeld]);

  const release = (): void => {
    if (frame.current !== undefined) cancelAnimationFrame(frame.current);
    frame.current = undefined;
    fill.current?.style.setProperty('--held', '0');
    setHeldMs(undefined);
  };
  const hold = (): void => {
    if (disabled || frame.current !== undefined) return;
    const since = performance.now();
    const step = (): void => {
      const held = performance.now() - since;
      fill.current?.style.setProperty('--held', String(Math.min(1, held / HOLD_MS)));
      // Tenths of a second are enough to read; each frame would be a render too many.
      setHeldMs(Math.floor(held / 100) * 100);
      if (held < HOLD_MS) {
        frame.current = requestAnimationFrame(step);
        return;
      }
      release();
      done.current();
    };
    frame.current = requestAnimationFrame(step);
  };

  useEffect(() => {
    if (isShortcut === undefined) return undefined;
    const down = (event: globalThis.KeyboardEvent): void => {
      if (!isShortcut(event)) return;
      event.preventDefault();
      if (!event.repeat) hold();
    };
    // Any key that is let go ends the chord.
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', release);
    window.addEventListener('blur', release);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', release);
      window.removeEventListener('blur', release);
    };
  });
  useEffect(() => () => {
    if (frame.current !== undefined) cancelAnimationFrame(frame.current);
  }, []);

  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    event.preventDefault();
    if (!event.repeat) hold();
  };
  const holding = heldMs !== undefined;
  return (
    <button
      type="button" className={styles.hold} disabled={disabled} data-holding={holding}
      onPointerDown={hold} onPointerUp={release} onPointerLeave={release} onPointerCancel={release}
      onKeyDown={onKey} onKeyUp={release} onBlur={release} onContextMenu={(event) => event.preventDefault()}
    >
      <span ref={fill} className={styles.fill} />
      <Icon name={disabled ? 'lock' : 'stop'} />
      <span>{label}</span>
      <small>{holding ? t('control.keepHolding', { seconds: figure(Math.max(0, HOLD_MS - heldMs) / 1000, i18n.language, 1) }) : t('control.hold')}</small>
      {shortcut !== undefined && <kbd className={styles.key}>{shortcut}</kbd>}
    </button>
  );
}
