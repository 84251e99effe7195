// An engine process that says a show is on air (--show): the real API server over a stage of four answers. Started by desktop.test.ts.
import type { ShowEvent } from '../../src/contract/report.ts';
import { startApiServer } from '../../src/main/api/server.ts';
import type { Stage } from '../../src/main/show/stage.ts';

const running = process.argv.includes('--show');
const stage: Partial<Stage> = {
  info: () => Promise.resolve({ version: '0', pid: process.pid, home: '', showRunning: running, unfinished: [] }),
  watch: async function* watch(signal): AsyncGenerator<ShowEvent> {
    yield { type: 'state', state: running ? 'live' : 'idle', sentence: '', atUtc: new Date().toISOString() };
    await new Promise((resolve) => { signal?.addEventListener('abort', resolve, { once: true }); });
  },
  shutdown: () => {
    setTimeout(() => process.exit(0), 50);
    return Promise.resolve();
  },
};
const server = await startApiServer(stage as Stage, { port: 0, allowedOrigins: [], home: process.env['FIELDCAST_HOME'] ?? '' });
process.send?.(server.ready);
