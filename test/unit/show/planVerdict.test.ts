// What a plan is told before it starts is what a start would refuse, and what it would give up.
import { describe, expect, it } from 'vitest';
import type { PlanQuestion } from '../../../src/contract/plan.ts';
import { ladderByName } from '../../../src/main/encode/ladders.ts';
import { verdictOn } from '../../../src/main/show/planVerdict.ts';

const ladder = ladderByName('720p');
const embedded = { kind: 'embedded' } as const;

describe('verdictOn', () => {
  it.each<[string, PlanQuestion, string[], string[]]>([
    ['the usual', { destination: embedded, ladder }, [], []],
    ['an event that encodes, here', { destination: embedded, ladder, event: { type: 'Standard' } }, ['no events of type Standard'], ['720p alone is sent']],
    ['transcription here', { destination: embedded, ladder, event: { transcribe: ['en-US'] } }, ['does not transcribe'], []],
    ['more rewind than archive', { destination: embedded, ladder, event: { archiveSeconds: 600, rewindSeconds: 900 } }, ['cannot go back 900 s'], []],
    ['an address that is none', { destination: embedded, ladder, event: { allowIngest: ['everybody'] } }, ['Write everyone, this-computer'], []],
    ['smooth here, without cues', { destination: embedded, ladder, ingest: 'smooth' }, [], ['Cues travel over RTMP']],
    ['smooth at MK.IO', { destination: { kind: 'arm', address: 'mkio:project/x' }, ladder, ingest: 'smooth' }, ['takes no Smooth Streaming'], ['Cues travel over RTMP']],
    ['smooth to a plain server', { destination: { kind: 'rtmp', url: 'rtmp://127.0.0.1/live/key' }, ladder, ingest: 'smooth' }, ['takes RTMP, not Smooth Streaming'], ['Cues travel over RTMP']],
    ['a key-frame interval that no service takes', { destination: embedded, ladder: { ...ladder, gopSeconds: 6 } }, ['set gopSeconds between'], []],
    ['a guest makes no event', { destination: embedded, ladder, join: 'adopt', event: { type: 'Standard' } }, [], ['720p alone is sent']],
    ['a side output that wants shorter GOPs', { destination: embedded, ladder: { ...ladder, gopSeconds: 4 }, also: [{ name: 'church', platform: 'twitch', server: 'rtmps://live.example/app' }] }, [], ['church gets 720p. Twitch wants a keyframe', 'church gets 720p. Twitch recommends at least']],
    ['a side output of a rendition that is not there', { destination: embedded, ladder, also: [{ name: 'church', platform: 'generic', server: 'rtmps://live.example/app', rendition: '9p' }] }, ['9p'], []],
  ])('%s', (_name, question, problems, remarks) => {
    const verdict = verdictOn(question);
    for (const [found, wanted] of [[verdict.problems, problems], [verdict.remarks, remarks]] as const) {
      expect(found).toHaveLength(wanted.length);
      for (const [index, part] of wanted.entries()) expect(found[index]).toContain(part);
    }
  });
});
