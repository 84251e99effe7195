// The media plane as a process of its own that a test can kill: one channel, one output, both from the arguments.
// Usage: node mediaPlaneEntry.ts <homeDir> <accessToken> <timelineZeroUtcSeconds> <assetName>; says its ports on stdout once it records.
import { runMediaPlane } from './mediaPlane.ts';

const [homeDir = '', accessToken = '', zero = '', assetName = ''] = process.argv.slice(2);
const run = await runMediaPlane({ homeDir });
const channel = await run.openChannel({ accessToken, timelineZeroUtcSeconds: zero === 'none' ? undefined : Number(zero) });
const output = await run.startOutput(channel, { assetName });
process.stdout.write(`${JSON.stringify({ rtmp: run.plane.ports.rtmp[0], baseUrl: output.baseUrl, assetDir: output.assetDir })}\n`);
// The parent's end is ours.
process.stdin.on('end', () => { process.exit(0); }).resume();
