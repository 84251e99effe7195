// An engine process that says a show is running: the real API server over a stage of three answers. Started by desktop.test.ts.
import { startApiServer } from '../../src/main/api/server.ts';
import type { Stage } from '../../src/main/show/stage.ts';

const running = process.argv.includes('--show');
const stage: Partial<Stage> = {
  info: () => Promise.resolve({ version: '0', pid: process.pid, home: '', showRunning: running, unfinished: [] }),
  shutdown: () => {
    setTimeout(() => process.exit(0), 50);
    return Promise.resolve();
  },
};
const server = await startApiServer(stage as Stage, { port: 0, allowedOrigins: [] });
process.send?.(server.ready);
