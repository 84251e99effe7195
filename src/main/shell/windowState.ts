// Where the window was when it was last closed. A file that is missing, damaged or speaks of a display that is gone changes nothing.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const size = z.int().min(1).max(32_000);
const place = z.int().min(-32_000).max(32_000);
const stateSchema = z.object({ x: place, y: place, width: size, height: size, maximized: z.boolean() });
export type WindowState = z.infer<typeof stateSchema>;
type Area = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

export const SMALLEST = { width: 800, height: 560 } as const;
/** What of the title bar must be within reach of the pointer. */
const REACHABLE = { width: 120, height: 32 } as const;

/** Undefined where nothing usable is kept. */
export function readWindowState(file: string, workAreas: readonly Area[]): WindowState | undefined {
  try {
    return usableState(stateSchema.parse(JSON.parse(readFileSync(file, 'utf8'))), workAreas);
  } catch {
    return undefined;
  }
}

/** The kept state where its title bar can be reached on one of the displays' work areas. */
export function usableState(kept: WindowState, workAreas: readonly Area[]): WindowState | undefined {
  const isReachable = workAreas.some((area) => {
    const across = Math.min(kept.x + kept.width, area.x + area.width) - Math.max(kept.x, area.x);
    return across >= REACHABLE.width && kept.y >= area.y && kept.y + REACHABLE.height <= area.y + area.height;
  });
  return isReachable ? { ...kept, width: Math.max(kept.width, SMALLEST.width), height: Math.max(kept.height, SMALLEST.height) } : undefined;
}

/** Called while the window closes, so it does not wait; what cannot be written is forgotten. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(`${file}.tmp`, JSON.stringify(state));
    renameSync(`${file}.tmp`, file);
  } catch {
    // The window opens where the system puts it.
  }
}
