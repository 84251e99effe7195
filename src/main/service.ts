// Entry of the embedded service's process: `node src/main/service.ts --home DIR [--on-demand] [--port N] …`. No logic.
import { runServiceProcess } from './service/commandLine.ts';
import { createMediaPlane } from './service/mediaPlaneNode.ts';
import { registerOrigin } from './service/origin/routes.ts';

process.exit(await runServiceProcess(process.argv.slice(2), process.env, { createPlane: createMediaPlane, mountOrigin: registerOrigin }));
