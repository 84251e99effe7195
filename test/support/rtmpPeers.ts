// RTMP servers that are not ours, each recording what it is sent: nginx-rtmp, node-media-server, FFmpeg as a listener.
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { freePort } from './freePort.ts';
import { makePeerFolder, startPeer, type Peer } from './peerProcess.ts';

export type RtmpPeer = Peer & { readonly port: number };

const NGINX_MODULES = ['/usr/lib/nginx/modules/ngx_rtmp_module.so', '/usr/lib64/nginx/modules/ngx_rtmp_module.so', '/usr/share/nginx/modules/ngx_rtmp_module.so'];

/** The module's path, or undefined where this machine lacks nginx-rtmp. */
export const nginxRtmpModule: string | undefined = NGINX_MODULES.find((path) => existsSync(path));

/** nginx-rtmp; records every stream of `app` into its folder. */
export async function startNginxRtmp(app: string): Promise<RtmpPeer> {
  if (nginxRtmpModule === undefined) throw new Error('nginx with libnginx-mod-rtmp is not installed.');
  const folder = await makePeerFolder('nginx');
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), `
load_module ${nginxRtmpModule};
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr info;
events {}
rtmp {
  server {
    listen 127.0.0.1:${port};
    application ${app} { live on; record all; record_path ${folder}; }
  }
}
`);
  return { ...await startPeer(folder, 'nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], port), port };
}

export type NodeMediaServerPeer = RtmpPeer & { readonly securePort: number; readonly certificate: string };

/** node-media-server with RTMP and RTMPS (a certificate for 127.0.0.1 and localhost that nobody knows); records below its folder. */
export async function startNodeMediaServer(): Promise<NodeMediaServerPeer> {
  const folder = await makePeerFolder('nms');
  const [port, securePort] = [await freePort(), await freePort()];
  const certificate = await selfSignedCertificate();
  await writeFile(join(folder, 'key.pem'), certificate.private);
  await writeFile(join(folder, 'cert.pem'), certificate.cert);
  const config = {
    bind: '127.0.0.1',
    rtmp: { port },
    rtmps: { port: securePort, key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') },
    store: { path: join(folder, 'store') },
    record: { path: join(folder, 'record') },
  };
  const entry = createRequire(import.meta.url).resolve('node-media-server');
  const script = `const NodeMediaServer = require(${JSON.stringify(entry)}); new NodeMediaServer(${JSON.stringify(config)}).run();`;
  await writeFile(join(folder, 'server.cjs'), script);
  return { ...await startPeer(folder, process.execPath, [join(folder, 'server.cjs')], securePort), port, securePort, certificate: certificate.cert };
}

/** FFmpeg that waits for one publisher at `rtmp://127.0.0.1:<port>/<app>/<streamName>`, writes `recorded.flv` and ends. */
export async function startFfmpegListener(app: string, streamName: string): Promise<RtmpPeer> {
  const folder = await makePeerFolder('listener');
  const port = await freePort();
  const args = ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-listen', '1', '-i', `rtmp://127.0.0.1:${port}/${app}/${streamName}`, '-c', 'copy', '-copyts', '-f', 'flv', 'recorded.flv'];
  // A knock would be taken for the publisher: ours connects again until the listener is there.
  return { ...await startPeer(folder, 'ffmpeg', args, undefined), port };
}

/** All FLV files below a peer's folder. */
export async function recordingsOf(peer: Peer): Promise<string[]> {
  const names = await readdir(peer.folder, { recursive: true });
  return names.filter((name) => name.endsWith('.flv')).toSorted().map((name) => join(peer.folder, name));
}

/** A certificate for a name (and 127.0.0.1 where that is localhost) that vouches for itself. */
export async function selfSignedCertificate(name = 'localhost'): Promise<{ readonly private: string; readonly cert: string }> {
  return generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }, ...(name === 'localhost' ? [{ type: 7 as const, ip: '127.0.0.1' }] : [])] },
    ],
  });
}
