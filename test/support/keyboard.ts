// An operator without a mouse: reaches a control with Tab (and arrows inside a group that has one stop), sees the focus there, and uses it
// with keys. Nothing here clicks, focuses or fills by script, so what cannot be reached fails.
import { expect, type Locator, type Page } from '@playwright/test';

/** More than the busiest screen has; a control behind them counts as out of reach. */
const MOST_TABS = 90;
const MOST_ARROWS = 12;
/** What a control waits for may be a measurement or a service that starts. */
const ENABLED = { timeout: 60_000 };

type Where = 'there' | 'beside' | 'elsewhere';

/**
 * Presses Tab until `control` has the focus, which must then be seen.
 * @param backwards with Shift.
 * @throws after {@link MOST_TABS} presses.
 */
export async function tabTo(control: Locator, { backwards = false }: { readonly backwards?: boolean } = {}): Promise<void> {
  const { keyboard } = control.page();
  await control.waitFor();
  for (let presses = 0; presses <= MOST_TABS; presses += 1) {
    const where = await control.evaluate(whereIsFocus);
    if (where === 'beside') await arrowTo(control);
    if (where !== 'elsewhere') {
      await expectFocusSeen(control);
      return;
    }
    await keyboard.press(backwards ? 'Shift+Tab' : 'Tab');
  }
  throw new Error(`${String(control)} is not reached with ${MOST_TABS} presses of Tab.`);
}

/** Reaches a button or a link and presses Enter. */
export async function press(control: Locator): Promise<void> {
  await expect(control).toBeEnabled(ENABLED);
  await tabTo(control);
  await control.page().keyboard.press('Enter');
}

/** Reaches a tick box or a choice and sets it with Space or the arrows. */
export async function tick(control: Locator, on = true): Promise<void> {
  await tabTo(control);
  if (await control.isChecked() !== on) await control.page().keyboard.press('Space');
  await expect(control).toBeChecked({ checked: on });
}

/** Reaches a field and types `text` in place of what it holds. */
export async function typeInto(field: Locator, text: string): Promise<void> {
  const { keyboard } = field.page();
  await tabTo(field);
  await keyboard.press('ControlOrMeta+a');
  if (text === '') await keyboard.press('Delete');
  else await keyboard.type(text);
  await expect(field).toHaveValue(text);
}

/** Reaches a list of choices and types the beginning of one until it is chosen. */
export async function choose(list: Locator, label: string): Promise<void> {
  await tabTo(list);
  await list.page().keyboard.type(label);
  await expect(list.locator('option:checked')).toContainText(label);
}

/** Reaches a control that must be held, and holds Enter until `isDone` is seen. */
export async function hold(control: Locator, isDone: () => Promise<void>): Promise<void> {
  await expect(control).toBeEnabled(ENABLED);
  await tabTo(control);
  await holdKeys(control.page(), ['Enter'], isDone);
}

/** Holds keys down together until `isDone` is seen, wherever the focus is. */
export async function holdKeys({ keyboard }: Page, keys: readonly string[], isDone: () => Promise<void>): Promise<void> {
  for (const key of keys) await keyboard.down(key);
  try {
    await isDone();
  } finally {
    for (const key of keys.toReversed()) await keyboard.up(key);
  }
}

async function arrowTo(control: Locator): Promise<void> {
  for (let presses = 0; presses < MOST_ARROWS; presses += 1) {
    if (await control.evaluate(whereIsFocus) === 'there') return;
    await control.page().keyboard.press('ArrowRight');
  }
  throw new Error(`${String(control)} is not reached with the arrow keys of its group.`);
}

/** The focus has a ring, and stands where it can be seen. */
async function expectFocusSeen(control: Locator): Promise<void> {
  await expect.poll(() => control.evaluate((element) => {
    const style = getComputedStyle(element);
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return {
      ring: style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 1,
      inView: right > 0 && bottom > 0 && left < innerWidth && top < innerHeight,
    };
  }), { message: `the focus on ${String(control)} is seen` }).toEqual({ ring: true, inView: true });
}

/** In the page. `beside`: in the same group of which only one member is a stop of Tab. */
function whereIsFocus(control: Element): Where {
  const active = document.activeElement;
  if (active === control) return 'there';
  if (control instanceof HTMLInputElement && control.type === 'radio') {
    return active instanceof HTMLInputElement && active.type === 'radio' && active.name === control.name && active.form === control.form ? 'beside' : 'elsewhere';
  }
  const group = control.getAttribute('tabindex') === '-1' ? control.closest('[role="group"], [role="toolbar"], [role="radiogroup"], [role="tablist"], [role="menu"]') : null;
  return group !== null && active !== null && active !== group && group.contains(active) ? 'beside' : 'elsewhere';
}
