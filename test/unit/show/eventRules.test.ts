// What a service takes of an event before anything of it is created, and who may come in.
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { eventSettingsSchema, type EventSettings } from '../../../src/contract/eventSettings.ts';
import type { Ladder } from '../../../src/contract/ladder.ts';
import { showPlanSchema } from '../../../src/contract/plan.ts';
import { eventSettingsOf } from '../../../src/main/cli/eventSettingsOption.ts';
import { createEventBody } from '../../../src/main/cloud/liveEventRequest.ts';
import { ARM_CAPABILITIES, MKIO_CAPABILITIES, RAVNUR_CAPABILITIES } from '../../../src/main/cloud/providers.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { eventProblems, ipRulesOf, refuseEvent } from '../../../src/main/show/eventRules.ts';
import { withSentRenditions } from '../../../src/main/show/plainDestination.ts';
import { hasSpecs, keyPaths, specExample } from '../../support/specExamples.ts';

const ladder = ladderByName('720p');
const one: Ladder = { ...ladder, renditions: ladder.renditions.slice(0, 1) };

describe('eventProblems', () => {
  it.each<[string, EventSettings, Ladder, typeof ARM_CAPABILITIES, string[]]>([
    ['nothing asked for', {}, ladder, ARM_CAPABILITIES, []],
    ['all that pass-through takes', { type: 'PassthroughStandard', streamOption: 'LowLatency', transcribe: ['en-US'], archiveSeconds: 90_000, rewindSeconds: 600 }, ladder, ARM_CAPABILITIES, []],
    ['too much for basic', { type: 'PassthroughBasic', archiveSeconds: 30_000, transcribe: ['de-DE'] }, ladderByName('1080p'), ARM_CAPABILITIES, ['4500', 'takes at most 5000', 'not transcribed', 'at most 8 hours']],
    ['a ladder for an event that makes its own', { type: 'Standard' }, ladder, ARM_CAPABILITIES, ['keep only 720p']],
    ['one rendition for it', { type: 'Standard', streamOption: 'LowLatencyV2', archiveSeconds: 21_600 }, one, ARM_CAPABILITIES, []],
    ['LowLatencyV2 where nothing is encoded', { streamOption: 'LowLatencyV2' }, ladder, ARM_CAPABILITIES, ['choose Standard']],
    ['a long archive with it', { type: 'Premium1080P', streamOption: 'LowLatencyV2', archiveSeconds: 21_601 }, one, ARM_CAPABILITIES, ['at most 6 hours']],
    ['more rewind than there is', { rewindSeconds: 7200 }, ladder, ARM_CAPABILITIES, ['cannot go back 7200 s']],
    ['an end before the beginning', { publicFrom: '2026-01-02T00:00:00Z', publicUntil: '2026-01-01T00:00:00Z' }, ladder, ARM_CAPABILITIES, ['before it begins']],
    ['a slow GOP for transcription', { transcribe: ['en-US'] }, { ...ladder, gopSeconds: 5 }, ARM_CAPABILITIES, ['every 4 s']],
    ['basic at Ravnur', { type: 'PassthroughBasic' }, one, RAVNUR_CAPABILITIES, ['has no events of type PassthroughBasic']],
    ['LowLatency with encoding at Ravnur', { type: 'Standard', streamOption: 'LowLatency' }, one, RAVNUR_CAPABILITIES, ['pass-through events alone']],
    ['transcription at MK.IO', { transcribe: ['en-US'] }, ladder, MKIO_CAPABILITIES, ['does not transcribe']],
  ])('%s', (_what, settings, with_, capabilities, expected) => {
    const problems = eventProblems(settings, with_, capabilities);
    expect(problems).toHaveLength(expected.length);
    for (const [index, part] of expected.entries()) expect(problems[index]).toContain(part);
    if (expected.length > 0) expect(() => refuseEvent(settings, with_, capabilities)).toThrow(expect.objectContaining({ code: 'EVENT_SETTINGS' }));
  });

  it('a service that makes the ladder, or takes one stream, gets one rendition', () => {
    const plan = (destination: object, event?: EventSettings) => showPlanSchema.parse({ video: { kind: 'test' }, audio: { kind: 'source' }, destination, ladder, rehearse: false, ...(event === undefined ? {} : { event }) });
    const arm = { kind: 'arm', address: 'arm' };
    expect(withSentRenditions(plan(arm)).ladder.renditions).toHaveLength(3);
    expect(withSentRenditions(plan(arm, { type: 'Premium1080P' })).ladder.renditions).toHaveLength(1);
    expect(withSentRenditions(plan({ kind: 'arm', address: 'ravnur:https://x/subscriptions/a' })).ladder.renditions).toHaveLength(1);
    expect(withSentRenditions(plan({ kind: 'arm', address: 'mkio:project/x' })).ladder.renditions).toHaveLength(3);
  });
});

describe('ipRulesOf', () => {
  const nothing = {};
  const at = (address: string): NodeJS.Dict<NetworkInterfaceInfo[]> => ({ eth0: [{ address, family: 'IPv4', internal: false, netmask: '', mac: '', cidr: null }] });
  it('reads every word into a rule', () => {
    expect(ipRulesOf(undefined, false, nothing)).toBeUndefined();
    expect(ipRulesOf(['everyone'], false, nothing)).toEqual([{ name: 'everyone', address: '0.0.0.0', subnetPrefixLength: 0 }, { name: 'everyone-v6', address: '::', subnetPrefixLength: 0 }]);
    expect(ipRulesOf(['203.0.113.7', '203.0.113.0/24', '2001:db8::/32'], false, nothing)).toEqual([
      { name: '203.0.113.7', address: '203.0.113.7', subnetPrefixLength: 32 }, { name: '203.0.113.0-24', address: '203.0.113.0', subnetPrefixLength: 24 }, { name: '2001-db8---32', address: '2001:db8::', subnetPrefixLength: 32 },
    ]);
    expect(ipRulesOf(['this-computer'], true, nothing)?.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
    expect(ipRulesOf(['this-computer'], false, at('198.51.100.9'))).toEqual([{ name: 'this-computer-1', address: '198.51.100.9', subnetPrefixLength: 32 }]);
  });

  it.each(['192.168.1.4', '10.1.2.3', '172.20.0.1', '100.64.3.4', '169.254.1.1', 'fe80::1', 'fd00::1'])('does not take %s for the address that a cloud sees', (address) => {
    expect(() => ipRulesOf(['this-computer'], false, at(address))).toThrow(expect.objectContaining({ code: 'ALLOW_ADDRESS_UNKNOWN' }));
  });

  it.each(['me', '1.2.3', '1.2.3.4/33', '1.2.3.4/x', '::/129', ''])('refuses %j', (word) => {
    expect(() => ipRulesOf([word], false, nothing)).toThrow(expect.objectContaining({ code: 'ALLOW_UNUSABLE' }));
  });
});

describe('the request that creates an event', () => {
  const event = { name: 'e', tags: { a: 'b' }, accessToken: '0'.repeat(32), keyFrameIntervalSeconds: 2 };
  it('has an explicit rule for everyone where nothing else is said', () => {
    expect(createEventBody(event, 'West Europe', 'Premium1080p')).toMatchObject({
      encoding: { encodingType: 'PassthroughStandard' }, streamOptions: ['Default'], useStaticHostname: true,
      input: { keyFrameIntervalDuration: 'PT2S', accessControl: { ip: { allow: [{ name: 'allow-all', address: '0.0.0.0', subnetPrefixLength: 0 }] } } },
      preview: { accessControl: { ip: { allow: [{ address: '0.0.0.0', subnetPrefixLength: 0 }] } } },
    });
  });

  it('says what was asked for, in the words of the service', () => {
    const settings = { type: 'Premium1080P', hostnamePrefix: 'keynote', streamOption: 'LowLatencyV2', transcribe: ['en-US'] } as const;
    const body = createEventBody({ ...event, settings: { ...settings, transcribe: ['en-US'] }, ingestAllow: [{ name: 'x', address: '203.0.113.7', subnetPrefixLength: 32 }] }, 'West Europe', 'Premium1080p');
    expect(body).toMatchObject({
      encoding: { encodingType: 'Premium1080p', keyFrameInterval: 'PT2S' }, hostnamePrefix: 'keynote', streamOptions: ['LowLatencyV2'],
      transcriptions: [{ language: 'en-US', outputTranscriptionTrack: { trackName: 'en-US' } }], input: { accessControl: { ip: { allow: [{ address: '203.0.113.7' }] } } },
    });
    // Its own interval, not that of pass-through.
    expect(body.input).not.toHaveProperty('keyFrameIntervalDuration');
    expect(createEventBody({ ...event, settings: { type: 'Premium1080P' } }, 'x', 'Premium1080P').encoding?.encodingType).toBe('Premium1080P');
  });

  it.skipIf(!hasSpecs)('has every part that the published example has (skipped without ../shared/specs)', () => {
    const { parameters } = specExample('Streaming-2022-11-01/liveevent-create') as { parameters: { parameters: { properties: object } } };
    const sent = keyPaths(createEventBody(event, 'West US', 'Premium1080p'));
    expect(keyPaths(parameters.parameters.properties).filter((path) => !sent.includes(path))).toEqual(['description']);
  });
});

describe('the options of the command line', () => {
  it('become settings, and nothing where nothing is asked for', () => {
    expect(eventSettingsOf({})).toBeUndefined();
    expect(eventSettingsOf({ eventType: 'Standard', lowLatency: 'v2', archive: '6h', rewind: '30m', publicFrom: '2026-05-01T10:00:00Z', locatorId: '11111111-2222-4333-8444-555555555555', allowIngest: ['everyone'] })).toEqual({
      type: 'Standard', streamOption: 'LowLatencyV2', archiveSeconds: 21_600, rewindSeconds: 1800, publicFrom: '2026-05-01T10:00:00.000Z', locatorId: '11111111-2222-4333-8444-555555555555', allowIngest: ['everyone'],
    });
    expect(eventSettingsOf({ lowLatency: true })).toEqual({ streamOption: 'LowLatency' });
  });

  it.each([{ eventType: 'Passthrough' }, { lowLatency: 'v3' }, { transcribe: ['English'] }, { archive: '30s' }, { manifest: 'a/b' }, { locatorId: 'x' }, { publicFrom: 'soon' }, { hostname: '-x' }])('refuses %j', (options) => {
    expect(() => eventSettingsOf(options)).toThrow(expect.objectContaining({ code: 'EVENT_SETTINGS' }));
    expect(eventSettingsSchema.safeParse({}).success).toBe(true);
  });
});
