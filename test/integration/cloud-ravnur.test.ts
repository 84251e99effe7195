// Ravnur Media Services against a small server with its quirks: the key exchange, tokens that end or are withdrawn, the key as stream name.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ladderByName } from '../../src/main/encode/ladders.ts';
import { openArmDestination, type SignedIn } from '../../src/main/cloud/armDestination.ts';
import type { LiveService } from '../../src/main/cloud/liveService.ts';
import { showPlanSchema } from '../../src/contract/plan.ts';
import { ingestTargets } from '../../src/main/show/ingestTargets.ts';
import { withSentRenditions } from '../../src/main/show/plainDestination.ts';
import { armNames } from '../support/armServer.ts';
import { ingestToken, newEvent, newOutput, watchedOptions } from '../support/armServerClient.ts';
import { RAVNUR_KEY, startRavnurServer, type RavnurServer } from '../support/ravnurServer.ts';
import { until } from '../support/until.ts';

const never = new AbortController().signal;
const access = (key: string | undefined): SignedIn => ({
  chosen: async () => { throw new Error('not asked for'); },
  credentialFor: async () => { throw new Error('not asked for'); },
  keyOf: async (name) => (name === 'ravnur' ? key : undefined),
});
const addressOf = (endpoint: string): string => `ravnur:${endpoint}subscriptions/${armNames.subscriptionId}/resourceGroups/${armNames.resourceGroup}/providers/Microsoft.Media/mediaservices/${armNames.accountName}`;

let rms: RavnurServer;
let service: LiveService;
beforeEach(async () => {
  rms = await startRavnurServer();
  service = await openArmDestination(addressOf(rms.endpoint), {}, access(RAVNUR_KEY));
});
afterEach(async () => rms.close());

describe('Ravnur Media Services', () => {
  it('carries an event through its whole life on tokens of two seconds', { timeout: 60_000 }, async () => {
    rms.lifeSeconds = 2;
    await service.checkAccount(never);
    expect(rms.arm.requests[0]).toMatchObject({ method: 'POST', url: '/auth/token', body: { subscriptionId: armNames.subscriptionId, apiKey: RAVNUR_KEY } });
    await service.ensureEvent(newEvent, watchedOptions());
    const running = await service.startEvent('ev1', watchedOptions());
    expect(running.ingest).toEqual([
      { role: 'primary', secure: false, url: 'rtmp://live.rms.example.net:1935/live', streamName: ingestToken },
      { role: 'primary', secure: true, url: 'rtmps://live.rms.example.net:2935/live', streamName: ingestToken },
    ]);
    const plan = withSentRenditions(showPlanSchema.parse({ video: { kind: 'test' }, audio: { kind: 'source' }, destination: { kind: 'arm', address: addressOf(rms.endpoint) }, ladder: ladderByName('720p'), rehearse: false }));
    expect(ingestTargets(running, plan.ladder, service, 'primary')).toEqual([
      { protocol: 'rtmp', rendition: '720p', url: `rtmps://live.rms.example.net:2935/live/${ingestToken}`, alternateUrls: [], ca: undefined, burstWelcome: false },
    ]);
    const { urls } = await service.publish(newOutput, watchedOptions());
    expect(urls.hls).toContain('m3u8-cmaf');
    const given = rms.tokensGiven;
    // Until the token that is in use has ended by itself.
    const from = Date.now();
    await until(() => Date.now() - from > 2500, 'the token to end', 5000);
    await service.endOutput('ev1', 'out1', watchedOptions());
    await service.stopEvent('ev1', true, watchedOptions());
    await service.deleteEvent('ev1', watchedOptions());
    expect(rms.tokensGiven).toBeGreaterThan(given);
    expect(rms.tokensGiven).toBeLessThan(30);
    // Renewed before its end, so that no request was ever refused.
    expect(rms.refused).toBe(0);
  });

  it('asks for one token, however many requests there are at once, and keeps it', async () => {
    await Promise.all(Array.from({ length: 8 }, async () => service.checkAccount(never)));
    await service.listEvents(never);
    expect(rms.tokensGiven).toBe(1);
  });

  it('gets a new token where the service takes the old one no longer', async () => {
    await service.checkAccount(never);
    rms.withdrawTokens();
    await service.checkAccount(never);
    expect({ given: rms.tokensGiven, refused: rms.refused }).toEqual({ given: 2, refused: 1 });
    // Asked once more, not for ever.
    const honest = rms.arm.script;
    rms.arm.script = (request, server) => (request.url === '/auth/token' ? honest?.(request, server) : { status: 401, body: { error: { code: 'Unauthorized', message: 'no' } } });
    await expect(service.checkAccount(never)).rejects.toMatchObject({ code: 'CLOUD_NOT_SIGNED_IN' });
    expect(rms.tokensGiven).toBe(3);
  });

  it.each([
    ['a wrong key', 'wrong-key-0123456789', 'API_KEY_REFUSED'],
    ['no key', undefined, 'SERVICE_KEY_MISSING'],
  ])('says what to do with %s, without showing it', async (_what, key, code) => {
    const error: unknown = await (async () => (await openArmDestination(addressOf(rms.endpoint), {}, access(key))).checkAccount(never))().catch((one: unknown) => one);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('wrong-key');
  });

  it.each([
    ['a page instead of a token', { status: 200, raw: '<html>sign in</html>' } as const, 'CLOUD_UNEXPECTED_ANSWER'],
    ['a fault', { status: 500, raw: 'oops' } as const, 'CLOUD_UNEXPECTED_ANSWER'],
    ['a token that has ended', { status: 200, raw: `a.${Buffer.from('{"exp":1}').toString('base64url')}.c` } as const, 'CLOCK_WRONG'],
    ['an endless answer', 'endless' as const, 'CLOUD_ANSWER_TOO_LARGE'],
    ['a cut connection', 'drop' as const, 'SERVICE_UNREACHABLE'],
  ])('survives %s', async (_what, answer, code) => {
    rms.arm.script = () => answer;
    await expect(service.checkAccount(never)).rejects.toMatchObject({ code });
  });

  it('needs a host', async () => {
    await expect(openArmDestination(addressOf('/'), {}, access(RAVNUR_KEY))).rejects.toMatchObject({ code: 'BAD_DESTINATION' });
  });
});
