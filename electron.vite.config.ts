// Builds the processes of Fieldcast: main entries (ES modules, dependencies left in node_modules), one sandboxed preload, the page.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

/** Each is a process of its own: Electron, the engine, the command line, the embedded service, the reaper. */
const entries = ['index', 'engine', 'cli', 'service', 'reaper'];
const input = Object.fromEntries(
  entries.map((name) => [name, resolve(`src/main/${name}.ts`)] as const).filter(([, path]) => existsSync(path)),
);

export default defineConfig({
  main: {
    build: {
      sourcemap: true,
      externalizeDeps: { include: ['ffmpeg-static'] },
      rolldownOptions: { input, output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        // package.json names it as a command.
        banner: (chunk) => (chunk.name === 'cli' ? '#!/usr/bin/env node' : ''),
      } },
    },
  },
  preload: {
    build: {
      // A sandboxed preload is one CommonJS file that may require nothing but Electron's own subset.
      externalizeDeps: false,
      isolatedEntries: true,
      rolldownOptions: { input: { index: resolve('src/preload/index.ts') }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
  renderer: {
    plugins: [react()],
    build: { sourcemap: true, rolldownOptions: { input: resolve('src/renderer/index.html') } },
  },
});
