// Memory of one page of Chromium: what its scripts hold once the rubbish is out, and what its process has of the machine (Linux).
import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from '@playwright/test';

export type PageMemory = {
  /** Objects of the page's scripts that are reachable, bytes. Workers have heaps of their own, which are in the process. */
  readonly heapBytes: number;
  /** All renderer processes of the browser together, resident, bytes; what they share with each other counts in each. Undefined but on Linux. */
  readonly rssBytes: number | undefined;
  readonly domNodes: number;
};

export async function followMemory(browser: Browser, page: Page): Promise<{ read(): Promise<PageMemory> }> {
  const [ofBrowser, ofPage] = await Promise.all([browser.newBrowserCDPSession(), page.context().newCDPSession(page)]);
  await Promise.all([ofPage.send('HeapProfiler.enable'), ofPage.send('Performance.enable')]);
  return {
    read: async () => {
      await ofPage.send('HeapProfiler.collectGarbage');
      const [{ usedSize }, { metrics }] = await Promise.all([ofPage.send('Runtime.getHeapUsage'), ofPage.send('Performance.getMetrics')]);
      return { heapBytes: usedSize, rssBytes: await residentBytes(ofBrowser), domNodes: metrics.find(({ name }) => name === 'Nodes')?.value ?? 0 };
    },
  };
}

async function residentBytes(browser: CDPSession): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { id }) => sum + residentOf(id), 0);
}

function residentOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    // It ended while it was being read.
    return 0;
  }
}
