// The specs of the operator's journeys use the keyboard and nothing else, so that what it cannot reach fails there.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const POINTER_OR_SCRIPT = /\.(click|dblclick|tap|hover|dragTo|fill|check|uncheck|setChecked|selectOption|focus|press|pressSequentially|mouse|touchscreen)\(/g;

test.each(['show', 'rooms', 'trouble', 'desktop', 'account'])('%s.spec.ts', (name) => {
  const code = readFileSync(new URL(`../e2e/${name}.spec.ts`, import.meta.url), 'utf8').replaceAll('.keyboard.press(', '');
  expect([...code.matchAll(POINTER_OR_SCRIPT)].map(([call]) => call)).toEqual([]);
});
