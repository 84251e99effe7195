import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketGate } from '../../../src/main/encode/packetGate.ts';
import type { VideoPacket } from '../../../src/main/media/packets.ts';
import type { FrameIndex } from '../../../src/main/media/timeline.ts';

const START = 600;
/** Packets by which one rendition may lead another: a gate holds 24, and groups of 2 and 3 frames end together every 6. */
const MOST_AHEAD = 16;
function packet(rendition: string, frame: number, isIdr = false): VideoPacket {
  return { kind: 'video', rendition, frame: frame as FrameIndex, decodeFrame: (frame - 1) as FrameIndex, isIdr, isReference: true, data: new Uint8Array(1) };
}
/** Decode order of `count` frames from START: an IDR, then groups of up to `group` frames of which the last comes first. */
function decodeOrder(count: number, group: number): number[] {
  const order = [START];
  for (let from = START + 1; from < START + count; from += group) {
    const last = Math.min(from + group, START + count) - 1;
    order.push(last, ...Array.from({ length: last - from }, (_, index) => from + index));
  }
  return order;
}
type Out = { readonly packets: VideoPacket[]; readonly skipped: [string, number][] };
function gateOf(renditions: readonly string[], reorders = true): { readonly gate: PacketGate; readonly out: Out } {
  const out: Out = { packets: [], skipped: [] };
  const gate = new PacketGate(START, renditions, reorders, {
    onPacket: (one) => out.packets.push(one),
    onProgress: () => {},
    onSkipped: (rendition, from, end) => { for (let frame = from; frame < end; frame += 1) out.skipped.push([rendition, frame]); },
  });
  return { gate, out };
}
const framesOf = (out: Out, rendition: string): number[] => out.packets.filter((one) => one.rendition === rendition).map((one) => one.frame as number);
const all = (count: number): number[] => Array.from({ length: count }, (_, index) => START + index);

describe('packet gate', () => {
  it('has at every moment given out the same frames of all renditions, without a hole, wherever the encoder dies', () => {
    const scenario = fc.record({
      count: fc.integer({ min: 1, max: 40 }), groups: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
      order: fc.infiniteStream(fc.nat(1000)),
    });
    fc.assert(fc.property(scenario, ({ count, groups, order }) => {
      const names = groups.map((_, index) => `r${index}`);
      const { gate, out } = gateOf(names);
      const queues = groups.map((group, index) => decodeOrder(count, group).map((frame) => packet(names[index] ?? '', frame, frame === START)));
      while (queues.some((queue) => queue.length > 0)) {
        // One that is further ahead than the gate holds is another matter, below.
        const longest = Math.max(...queues.map((queue) => queue.length));
        const open = queues.filter((queue) => queue.length > 0 && longest - queue.length < MOST_AHEAD);
        const next = open[(order.next().value ?? 0) % open.length]?.shift();
        if (next !== undefined) gate.add(next);
        for (const name of names) expect([...framesOf(out, name)].toSorted((a, b) => a - b)).toEqual(all(gate.nextFrame - START));
      }
      // The end of an orderly encoder is a common cut.
      for (const [index, name] of names.entries()) expect(framesOf(out, name)).toEqual(decodeOrder(count, groups[index] ?? 1));
      expect(out.skipped).toEqual([]);
    }));
  });

  it('waits for the slowest rendition and no longer', () => {
    const { gate, out } = gateOf(['top', 'low']);
    for (const frame of decodeOrder(7, 3)) gate.add(packet('top', frame, frame === START));
    expect(out.packets).toEqual([]);
    for (const frame of decodeOrder(4, 3)) gate.add(packet('low', frame, frame === START));
    expect(framesOf(out, 'top')).toEqual([600, 603, 601, 602]);
    expect(gate.nextFrame).toBe(604);
  });

  it('goes on behind frames that an encoder without B-frames left out, and says which', () => {
    const { gate, out } = gateOf(['top', 'low'], false);
    for (const frame of [600, 601, 604, 605]) gate.add(packet('top', frame, frame === 600));
    for (const frame of [600, 601, 602, 603, 604, 605]) gate.add(packet('low', frame, frame === 600));
    expect(framesOf(out, 'top')).toEqual([600, 601, 604, 605]);
    expect(gate.nextFrame).toBe(606);
    expect(out.skipped).toEqual([['top', 602], ['top', 603]]);
  });

  it('holds no more than a bounded number when the renditions have lost step, and finds back at the next IDR', () => {
    const { gate, out } = gateOf(['top', 'low']);
    for (let frame = 600; frame < 660; frame += 1) if (frame !== 605) gate.add(packet('top', frame, frame === 600));
    expect(out.packets.length).toBeGreaterThan(30);
    for (let frame = 600; frame < 660; frame += 1) gate.add(packet('low', frame, frame === 600));
    gate.add(packet('top', 660, true));
    gate.add(packet('low', 660, true));
    expect(gate.nextFrame).toBe(661);
    expect(framesOf(out, 'top')).toHaveLength(60);
    expect(out.skipped).toContainEqual(['top', 605]);
  });
});
