import { describe, expect, it } from 'vitest';
import { parseCueMessage } from '../../../src/main/service/ingest/cueMessage.ts';
import { buildSplice } from '../../../src/main/media/scte35.ts';
import type { TimedCue, TimedSplice } from '../../../src/main/media/timedCue.ts';
import { messageOfCue } from '../../../src/main/publish/cueMessages.ts';
import { PendingCues } from '../../../src/main/publish/pendingCues.ts';

const section = buildSplice({ meaning: 'out', eventId: 7, seconds: 100, durationSeconds: 30, command: 'spliceInsert' });
const splice = (form: TimedSplice['form'] = 'scte35'): TimedSplice => ({ kind: 'splice', id: 'break-1', seconds: 100, durationSeconds: 30, section, form });
const data: TimedCue = { kind: 'data', id: 'score', seconds: 100, durationSeconds: undefined, scheme: 'urn:x', json: '{"a":"<&\\"é"}' };

describe('cues that wait for a connection', () => {
  it('are sent once on each connection until they are acknowledged', () => {
    const pending = new PendingCues();
    const cue = splice();
    pending.add(cue);
    expect(pending.due(90_000)).toEqual([cue]);
    pending.sent(cue, 5000);
    expect(pending.due(90_100)).toEqual([]);
    pending.acknowledge(4999);
    pending.restart();
    expect(pending.due(91_000)).toEqual([cue]);
    pending.sent(cue, 700);
    pending.acknowledge(700);
    pending.restart();
    expect(pending.due(92_000)).toEqual([]);
  });

  it('are given up when their time has passed on the wire; data some seconds later', () => {
    const pending = new PendingCues();
    pending.add(splice());
    pending.add(data);
    expect(pending.due(100_000)).toEqual([data]);
    expect(pending.due(110_000)).toEqual([]);
  });
});

describe('cues as RTMP messages', () => {
  const roundTrip = (cue: TimedCue) => {
    const { name, values } = messageOfCue(cue);
    return parseCueMessage(name, values, 1);
  };

  it('are understood by the service in every form', () => {
    expect(messageOfCue(splice('simple')).values[0]).toMatchObject({ cue: 'SpliceOut', type: 'SpliceOut', id: 'break-1', time: 100, duration: 30 });
    for (const form of ['scte35', 'simple', 'cuePoint'] as const) {
      expect(roundTrip(splice(form))).toMatchObject({ type: 'cue', cue: { meaning: 'out', id: 'break-1', seconds: 100, durationSeconds: 30, scheme: 'urn:scte:scte35:2013:bin' } });
    }
    expect(roundTrip(splice())).toMatchObject({ cue: { payload: section } });
    expect(roundTrip(data)).toEqual({ type: 'cue', cue: { meaning: 'data', id: 'score', seconds: 100, durationSeconds: undefined, scheme: 'urn:x', payload: Buffer.from('{"a":"<&\\"é"}') } });
    const cancel = buildSplice({ meaning: 'cancel', eventId: 7, seconds: 100, durationSeconds: undefined, command: 'spliceInsert' });
    expect(roundTrip({ ...splice(), section: cancel })).toEqual({ type: 'cancel', id: 'break-1' });
  });

  it('are ignored with a sentence when they are broken, and left alone under other names', () => {
    const at = (name: string, ...values: Parameters<typeof parseCueMessage>[1]) => parseCueMessage(name, values, 1);
    expect(at('onTextData', {})).toBeUndefined();
    expect(at('onCuePoint', { name: 'chapter', time: 1 })).toBeUndefined();
    for (const broken of [
      at('onAdCue'), at('onAdCue', {}), at('onAdCue', { type: 'scte35', cue: '/DAvAAAA', time: 1 }), at('onAdCue', { type: 'SpliceOut', time: Number.NaN }),
      at('onAdCue', { type: 'SpliceOut', time: 1e300 }), at('onAdCue', { type: 'other', time: 1 }), at('onCuePoint', { name: 'scte35' }),
      at('onUserDataEvent'), at('onUserDataEvent', '<EventStream'), at('onUserDataEvent', '<EventStream timescale="0"><Event>x</Event></EventStream>'),
      at('onUserDataEvent', `<EventStream><Event>${'x'.repeat(300_000)}</Event></EventStream>`),
    ]) expect(broken).toMatchObject({ type: 'invalid' });
    expect(at('onAdCue', { type: 'SpliceOut', id: 'a"b\nc', time: 1, duration: 5 })).toMatchObject({ cue: { id: 'a_b_c' } });
  });
});
