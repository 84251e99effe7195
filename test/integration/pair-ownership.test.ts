// Who owns an event when several instances want it at once: against the embedded service's own entity tags, over HTTPS.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWNER_TAG, TIMELINE_ZERO_TAG } from '../../src/contract/eventTags.ts';
import type { PairEvent } from '../../src/contract/pair.ts';
import { createEmbeddedLiveService } from '../../src/main/cloud/embeddedDestination.ts';
import type { LiveService } from '../../src/main/cloud/liveService.ts';
import { EventBoard } from '../../src/main/show/pair/eventBoard.ts';
import type { InstanceState } from '../../src/main/show/pair/instanceTag.ts';
import { leaseOfTag } from '../../src/main/show/pair/leaseTag.ts';
import { startTestService, temporaryHome, type TestService } from '../support/embeddedService.ts';
import { until } from '../support/until.ts';

const { signal } = new AbortController();
let place: Awaited<ReturnType<typeof temporaryHome>>;
let server: TestService;
let service: LiveService;

beforeAll(async () => {
  place = await temporaryHome();
  server = await startTestService(place.home, { liveEvents: 20 });
  const real = createEmbeddedLiveService({ ...server.descriptor, ca: server.ca, originHttpBase: server.descriptor.originHttp });
  // Faster than the product, so that leases run out within a test.
  service = Object.create(real, { capabilities: { value: { ...real.capabilities, heartbeatMs: 100 } } }) as LiveService;
});
afterAll(async () => {
  await server?.stop();
  await place?.remove();
});

async function eventNamed(name: string): Promise<void> {
  await service.ensureEvent({ name, tags: { [TIMELINE_ZERO_TAG]: '1700000000', kept: 'by hand' }, accessToken: Buffer.from(name.padEnd(16, '0')).toString('hex'), keyFrameIntervalSeconds: 2 }, { signal, onProgress: () => undefined });
}

type Instance = { readonly id: string; readonly board: EventBoard; readonly events: PairEvent[]; readonly owned: number[] };

function instance(eventName: string, id: string, on: LiveService = service): Instance {
  const events: PairEvent[] = [];
  const owned: number[] = [];
  const describe_ = (): InstanceState => ({
    id, name: `host-${id}`, seenUtcMs: Date.now(), state: 'live', endpoint: 'primary', fingerprint: 'f', parameterSets: '', clockOffsetMs: 0, aheadMs: 0, publishing: 0, connections: 0,
  });
  const board = new EventBoard({
    service: on, eventName, describe: describe_, now: Date.now, mayOwn: () => true, onEvent: (event) => events.push(event), onTags: () => undefined, onWarning: () => undefined,
    onOwned: async (tags) => { owned.push(leaseOfTag(tags[OWNER_TAG])?.epoch ?? -1); },
  });
  return { id, board, events, owned };
}

const owners = (all: readonly Instance[]): string[] => all.filter(({ board }) => board.view.ownership === 'ours').map(({ id }) => id);
const close = async (all: readonly Instance[]): Promise<string[]> => {
  const verdicts = [];
  for (const { board } of all) verdicts.push(await board.leave(false));
  return verdicts;
};

describe('the tags of an event', () => {
  it('are changed only as they were read, and nothing of anybody else is lost', async () => {
    await eventNamed('tags');
    const [one, other] = [(await service.getEvent('tags', signal))!, (await service.getEvent('tags', signal))!];
    expect(one.version).toMatch(/^".+"$/);
    expect(await service.swapEventTags(one, { ...one.tags, a: '1' }, signal)).toBe('written');
    expect(await service.swapEventTags(other, { ...other.tags, b: '2' }, signal)).toBe('changed');
    const after = (await service.getEvent('tags', signal))!;
    expect(after.tags).toEqual({ [TIMELINE_ZERO_TAG]: '1700000000', kept: 'by hand', a: '1' });
    expect(after.version).not.toBe(one.version);
  });

  it('guard stop, reset and delete too', async () => {
    await eventNamed('guarded');
    const before = (await service.getEvent('guarded', signal))!;
    await service.swapEventTags(before, { x: '1' }, signal);
    const stale = await server.raw('DELETE', `${server.account}/liveEvents/guarded?api-version=2022-08-01`, { headers: { 'if-match': before.version! } });
    expect(stale.status).toBe(412);
    expect(stale.text('error.code')).toBe('PreconditionFailed');
    const fresh = (await service.getEvent('guarded', signal))!;
    expect((await server.raw('DELETE', `${server.account}/liveEvents/guarded?api-version=2022-08-01`, { headers: { 'if-match': fresh.version! } })).status).toBe(202);
  });

  it('carry the service\'s clock to the millisecond', async () => {
    const { offsetMs, uncertaintyMs } = await service.readClock(signal);
    // The same clock: what is left is the round trip.
    expect(Math.abs(offsetMs)).toBeLessThanOrEqual(uncertaintyMs);
    expect(uncertaintyMs).toBeLessThan(500);
  });
});

describe('the ownership of an event', () => {
  it('falls to exactly one of several that begin at once, in every interleaving', async () => {
    for (let round = 0; round < 12; round += 1) {
      const name = `race${round % 4}`;
      if (round < 4) await eventNamed(name);
      const all = ['a', 'b', 'c'].map((id) => {
        // Every call of each instance meets those of the others in another order.
        const late = async (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, Math.random() * 12); });
        const delayed = Object.create(service, {
          // No lease runs out here: a machine that stands still for half a second must not look like a race that was lost.
          capabilities: { value: { ...service.capabilities, heartbeatMs: 1000 } },
          getEvent: { value: async (...args: Parameters<LiveService['getEvent']>) => { await late(); const event = await service.getEvent(...args); await late(); return event; } },
        }) as LiveService;
        return instance(name, `${id}${round}`, delayed);
      });
      await Promise.all(all.map(async ({ board }) => board.start()));
      expect(owners(all), `round ${round}`).toHaveLength(1);
      expect(all.reduce((sum, { owned }) => sum + owned.length, 0)).toBe(1);
      // The last to leave, and only that one, is to close; until then somebody always goes on.
      const verdicts = await close(all);
      expect(verdicts, `round ${round}`).toEqual(['leave', 'leave', 'close']);
      const event = (await service.getEvent(name, signal))!;
      expect(event.tags['kept']).toBe('by hand');
      // A later show is not kept out by what this one has left.
      await service.swapEventTags(event, Object.fromEntries(Object.entries(event.tags).filter(([tag]) => tag !== OWNER_TAG)), signal);
    }
  });

  it('goes to the partner when the owner is gone, with a higher number, and is not taken back', async () => {
    await eventNamed('gone');
    const a = instance('gone', 'a');
    let isDead = false;
    const dying = instance('gone', 'owner', Object.create(service, {
      getEvent: { value: async (...args: Parameters<LiveService['getEvent']>) => (isDead ? new Promise(() => undefined) : service.getEvent(...args)) },
    }) as LiveService);
    await dying.board.start();
    await a.board.start();
    expect([dying.board.view.ownership, a.board.view.ownership]).toEqual(['ours', 'partner']);
    isDead = true;
    await until(() => a.board.view.ownership === 'ours', 'the take-over');
    expect(a.owned).toEqual([2]);
    expect(a.events.map(({ change }) => change)).toEqual(['partner-here', 'partners', 'partner-gone', 'ours']);
    // The lease of the one that hung has run out for itself as well: it would not stop anything.
    expect(dying.board.view.ownership).not.toBe('ours');
    expect(await a.board.leave(false)).toBe('close');
  });

  it('is taken by command from an owner that lives, but not while that one is closing the event', async () => {
    await eventNamed('command');
    const [a, b] = [instance('command', 'a'), instance('command', 'b')];
    await a.board.start();
    await b.board.start();
    await b.board.takeOver();
    expect(b.board.view.ownership).toBe('ours');
    await until(() => a.events.some(({ change }) => change === 'partners'), 'the old owner to learn of it');
    expect(a.board.view.ownership).toBe('partner');
    expect(await a.board.leave(false)).toBe('leave');
    expect(await b.board.leave(false)).toBe('close');
    const late = instance('command', 'late');
    await late.board.start();
    expect(late.board.view.ownership).toBe('partner');
    await expect(late.board.takeOver()).rejects.toMatchObject({ code: 'EVENT_ENDING' });
    expect(await late.board.leave(false)).toBe('leave');
  });

  it('is waited for by the last instance whose owner has just died, so that nothing is left running', async () => {
    await eventNamed('last');
    const b = instance('last', 'b');
    const before = (await service.getEvent('last', signal))!;
    await service.swapEventTags(before, { ...before.tags, [OWNER_TAG]: `7;dead;${Date.now() + 300};0` }, signal);
    await b.board.start();
    expect(b.board.view.ownership).toBe('partner');
    expect(await b.board.leave(false)).toBe('close');
  });
});
