// The window of one engine as an operator sees it: the page that the engine serves in a browser context of its own.
import type { Browser, Page } from '@playwright/test';
import type { ShellRequest } from '../../src/contract/desktop.ts';
import type { BuiltEngine } from './builtEngine.ts';

export type ShowWindow = { readonly page: Page; /** What the page has asked of its desktop. */ readonly asked: readonly ShellRequest[] };

/**
 * @param plan what the operator chose last time
 * @param desktop answers in place of the shell; without it the page is in a browser
 */
export async function openShowWindow(browser: Browser, engine: BuiltEngine, { plan = {}, desktop }: {
  readonly plan?: Readonly<Record<string, unknown>>;
  readonly desktop?: (request: ShellRequest) => unknown;
}): Promise<ShowWindow> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  await context.addInitScript((chosen) => {
    localStorage.setItem('fieldcast.welcomed', '1');
    if (localStorage.getItem('fieldcast.plan') === null) localStorage.setItem('fieldcast.plan', JSON.stringify(chosen));
  }, { ladder: '480p', ...plan });
  const page = await context.newPage();
  const asked: ShellRequest[] = [];
  if (desktop !== undefined) {
    await page.exposeFunction('askShell', (request: ShellRequest) => {
      asked.push(request);
      return desktop(request);
    });
    const { address, token } = engine.ready;
    await page.addInitScript((where) => {
      const { askShell } = globalThis as unknown as { askShell: (request: unknown) => Promise<unknown> };
      Object.assign(globalThis, { fieldcast: { engine: () => Promise.resolve(where), ask: askShell, pathOf: (file: File) => `/dropped/${file.name}`, onNotice: () => () => undefined } });
    }, { address, token });
  }
  const address = engine.ready.page;
  if (address === undefined) throw new Error('The engine serves no page.');
  await page.goto(address);
  return { page, asked };
}
