// Entry of the embedded service's process: `node src/main/service.ts --home DIR [--on-demand] [--port N] …`. No logic.
import type { FastifyInstance } from 'fastify';
import { HOSTED_STOP } from '../contract/hosting.ts';
import type { ParentPort } from './hosting/parentLink.ts';
import { runServiceProcess } from './service/commandLine.ts';
import type { LocatorDirectory } from './service/mediaPlane.ts';
import { createMediaPlane, type NodeMediaPlane } from './service/mediaPlaneNode.ts';
import { registerOrigin } from './service/origin/routes.ts';

// As Electron's utility process it is asked to end through its port; no signal exists for that on every system.
const { parentPort } = process as NodeJS.Process & { readonly parentPort?: ParentPort };
parentPort?.on('message', ({ data }) => {
  if (data === HOSTED_STOP) process.emit('SIGTERM', 'SIGTERM');
});

/** Viewers and publishers over HTTP. */
const mountMedia = (app: FastifyInstance, plane: NodeMediaPlane, directory: LocatorDirectory): void => {
  registerOrigin(app, plane, directory);
  plane.mountIngest(app);
};

process.exit(await runServiceProcess(process.argv.slice(2), process.env, { createPlane: createMediaPlane, mountOrigin: mountMedia }));
