// Memory of one page of Chromium: what its scripts hold once the rubbish is out, and what its process has of the machine (Linux).
import { readFileSync } from 'node:fs';
import type { PlainPage, Send } from './plainPage.ts';

export type PageMemory = {
  /** Objects of the page's scripts that are reachable, bytes. Workers have heaps of their own, which are in the process. */
  readonly heapBytes: number;
  /** All renderer processes of the browser together, resident, bytes; what they share with each other counts in each. Undefined but on Linux. */
  readonly rssBytes: number | undefined;
  readonly domNodes: number;
};

export async function followMemory({ browser, page }: Pick<PlainPage, 'browser' | 'page'>): Promise<{ read(): Promise<PageMemory> }> {
  await Promise.all([page('HeapProfiler.enable'), page('Performance.enable')]);
  return {
    read: async () => {
      await page('HeapProfiler.collectGarbage');
      const { usedSize } = await page('Runtime.getHeapUsage') as { usedSize: number };
      const { metrics } = await page('Performance.getMetrics') as { metrics: readonly { readonly name: string; readonly value: number }[] };
      return { heapBytes: usedSize, rssBytes: await residentBytes(browser), domNodes: metrics.find(({ name }) => name === 'Nodes')?.value ?? 0 };
    },
  };
}

async function residentBytes(browser: Send): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { processInfo } = await browser('SystemInfo.getProcessInfo') as { processInfo: readonly { readonly type: string; readonly id: number }[] };
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
