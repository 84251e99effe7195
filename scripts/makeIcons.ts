// Draws assets/icon.png from assets/icon.svg with Chromium; electron-builder makes the icons of each system from it.
import { readFile, writeFile } from 'node:fs/promises';
import { launchChromium } from '../test/support/chromium.ts';

/** The largest size that a system asks for (macOS, 512 pt at scale 2). */
const SIZE = 1024;
const assets = new URL('../assets/', import.meta.url);

const svg = await readFile(new URL('icon.svg', assets), 'utf8');
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${SIZE}px; height: ${SIZE}px }</style>${svg}`);
  await writeFile(new URL('icon.png', assets), await page.screenshot({ omitBackground: true, type: 'png' }));
} finally {
  await browser.close();
}
