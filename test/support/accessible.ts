// axe-core on a page as it is, in both themes.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** No violation of WCAG 2.2 AA in either theme on the screen that is shown. */
export async function expectAccessible(page: Page, screen: string): Promise<void> {
  for (const theme of ['dark', 'light']) {
    await page.evaluate((value) => {
      document.documentElement.dataset['theme'] = value;
    }, theme);
    // Colours change with a short transition, and axe judges what it finds.
    await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))));
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
    expect(violations.map(({ id, nodes }) => `${screen}, ${theme}: ${id} at ${nodes.map((node) => node.target.join(' ')).join('; ')}`)).toEqual([]);
  }
}
