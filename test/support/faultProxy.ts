// A TCP proxy on loopback that does to its connections what networks do: delay, jitter, a shared rate, freezes, cuts, resets, garbage.
import { once } from 'node:events';
import net from 'node:net';

const TICK_MS = 5;
/** More than this is left with the sender, as a router with a small buffer would. */
const MAX_PENDING_BYTES = 32 << 10;
const SLICE_BYTES = 2048;

type Pipe = { readonly from: net.Socket; readonly to: net.Socket; readonly isUp: boolean; readonly pending: { bytes: Buffer; readonly dueMs: number }[]; pendingBytes: number; passedBytes: number; hasEnded: boolean };

/** A rate that all proxies share which are given the same one. */
export type SharedUplink = { bytesPerSecond: number | undefined; budget: number; refilledAtMs: number };

export function sharedUplink(): SharedUplink {
  return { bytesPerSecond: undefined, budget: 0, refilledAtMs: performance.now() };
}

export type FaultProxy = {
  readonly port: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** One way, each way. */
  delay(delayMs: number, jitterMs?: number): void;
  /** Nothing passes either way, nobody is told; new connections are accepted and stay silent. */
  freeze(isFrozen: boolean): void;
  /** Existing connections are reset, and so is every new one until the cut ends. */
  cut(isCut: boolean): void;
  /** Resets what exists; new connections work. */
  reset(): void;
  /** The server's side is closed, the client is not told and is never answered again. */
  halfOpen(): void;
  /** Every connection, old or new, is closed in order (no reset) once it has sent so many more bytes: in the middle of a TLS handshake or record. */
  truncate(afterBytes: number | undefined): void;
  /** Sends bytes that mean nothing to every client. */
  garbage(): void;
  close(): Promise<void>;
};

export async function startFaultProxy(targetPort: number, uplink = sharedUplink()): Promise<FaultProxy> {
  const pipes = new Set<Pipe>();
  const clients = new Set<net.Socket>();
  const servers = new Set<net.Socket>();
  let delayMs = 0;
  let jitterMs = 0;
  let frozen = false;
  let isCut = false;
  let truncateAfter = Infinity;
  let accepted = 0;

  const join = (from: net.Socket, to: net.Socket, isUp: boolean): void => {
    const pipe: Pipe = { from, to, isUp, pending: [], pendingBytes: 0, passedBytes: 0, hasEnded: false };
    pipes.add(pipe);
    let lastDueMs = 0;
    from.on('data', (whole: Buffer) => {
      const room = isUp ? Math.max(0, truncateAfter - pipe.passedBytes) : Infinity;
      const bytes = whole.subarray(0, room);
      pipe.passedBytes += bytes.length;
      if (room < whole.length) {
        from.end();
        pipe.hasEnded = true;
        if (bytes.length === 0) return;
      }
      lastDueMs = Math.max(lastDueMs, performance.now() + delayMs + jitterMs * Math.random());
      pipe.pending.push({ bytes, dueMs: lastDueMs });
      pipe.pendingBytes += bytes.length;
      if (pipe.pendingBytes > MAX_PENDING_BYTES || frozen) from.pause();
    });
    from.on('end', () => { pipe.hasEnded = true; });
    from.on('error', () => undefined);
    from.on('close', () => {
      if (pipe.hasEnded) return;
      pipes.delete(pipe);
      if (!frozen) to.destroy();
    });
  };

  const forward = (pipe: Pipe, nowMs: number): boolean => {
    const next = pipe.pending[0];
    if (next === undefined || next.dueMs > nowMs || pipe.to.writableNeedDrain || pipe.to.destroyed) return false;
    const limited = pipe.isUp && uplink.bytesPerSecond !== undefined;
    if (limited && uplink.budget < SLICE_BYTES) return false;
    const slice = limited ? next.bytes.subarray(0, SLICE_BYTES) : next.bytes;
    if (slice.length === next.bytes.length) pipe.pending.shift();
    else next.bytes = next.bytes.subarray(slice.length);
    if (limited) uplink.budget -= slice.length;
    pipe.pendingBytes -= slice.length;
    pipe.to.write(slice);
    return true;
  };

  const timer = setInterval(() => {
    const nowMs = performance.now();
    const rate = uplink.bytesPerSecond ?? 0;
    uplink.budget = Math.min(uplink.budget + (rate * (nowMs - uplink.refilledAtMs)) / 1000, Math.max(2 * SLICE_BYTES, rate / 20));
    uplink.refilledAtMs = nowMs;
    if (frozen) return;
    // Slices in turn, so that a shared rate is shared.
    for (let moved = true; moved;) {
      moved = false;
      for (const pipe of Array.from(pipes)) {
        if (!forward(pipe, nowMs)) continue;
        moved = true;
        pipes.delete(pipe);
        pipes.add(pipe);
      }
    }
    for (const pipe of pipes) {
      if (!pipe.hasEnded || pipe.pending.length > 0) continue;
      pipes.delete(pipe);
      pipe.to.end();
    }
    for (const pipe of pipes) if (pipe.pendingBytes <= MAX_PENDING_BYTES && pipe.from.isPaused()) pipe.from.resume();
  }, TICK_MS);

  const server = net.createServer((client) => {
    accepted += 1;
    client.on('error', () => undefined);
    if (isCut) {
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.on('close', () => clients.delete(client));
    if (frozen) return;
    const upstream = net.connect(targetPort, '127.0.0.1');
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    servers.add(upstream);
    upstream.on('close', () => servers.delete(upstream));
    join(client, upstream, true);
    join(upstream, client, false);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const resetAll = (): void => {
    for (const socket of [...clients, ...servers]) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as net.AddressInfo).port,
    get accepted() { return accepted; },
    delay: (ms, jitter = 0) => { [delayMs, jitterMs] = [ms, jitter]; },
    freeze: (isFrozen) => {
      frozen = isFrozen;
      if (frozen) for (const pipe of pipes) pipe.from.pause();
      // What came while nothing passed was never connected: it is as lost as its packets.
      else for (const client of clients) if (![...pipes].some((pipe) => pipe.from === client)) client.resetAndDestroy();
    },
    cut: (cutNow) => {
      isCut = cutNow;
      if (isCut) resetAll();
    },
    reset: resetAll,
    truncate: (afterBytes) => {
      truncateAfter = afterBytes ?? Infinity;
      for (const pipe of pipes) pipe.passedBytes = 0;
    },
    halfOpen: () => {
      for (const pipe of Array.from(pipes)) {
        pipes.delete(pipe);
        pipe.from.removeAllListeners('close').removeAllListeners('end').removeAllListeners('data');
        if (pipe.isUp) pipe.from.resume();
        else pipe.from.destroy();
      }
    },
    garbage: () => {
      for (const client of clients) client.write(Buffer.alloc(4096, 0xf7));
    },
    async close() {
      clearInterval(timer);
      resetAll();
      server.close();
      await once(server, 'close');
    },
  };
}
