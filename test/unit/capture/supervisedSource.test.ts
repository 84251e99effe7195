import { describe, expect, test } from 'vitest';
import type { AudioFeed, Pacing, Source, SourceState, VideoFeed } from '../../../src/main/capture/feed.ts';
import { watchTimes } from '../../../src/main/capture/sourceWatch.ts';
import { openSupervised, type Attempt, type SupervisedSource } from '../../../src/main/capture/supervisedSource.ts';
import { OperatorError } from '../../../src/contract/errors.ts';
import { HandAudio, HandVideo } from '../../support/handFeeds.ts';
import { HandClock } from '../../support/handClock.ts';

/** A source that does what the test says. */
class HandSource implements Source {
  readonly label = 'camera';
  readonly video: HandVideo | undefined;
  readonly audio: HandAudio | undefined;
  readonly ready: Promise<void>;
  state: SourceState = { state: 'running' };
  isStopped = false;
  #listeners: ((state: SourceState) => void)[] = [];

  constructor(pacing: Pacing, has: 'both' | 'video' | 'audio' = 'both', ready: Promise<void> = Promise.resolve()) {
    this.video = has === 'audio' ? undefined : new HandVideo(pacing);
    this.audio = has === 'video' ? undefined : new HandAudio(pacing);
    this.ready = ready;
  }
  onState(listener: (state: SourceState) => void): void { this.#listeners.push(listener); }
  fail(message = 'The camera was unplugged.'): void {
    this.state = { state: 'failed', code: 'SOURCE_DEVICE_MISSING', message, action: 'Connect it.' };
    for (const listener of this.#listeners) listener(this.state);
  }
  async stop(): Promise<void> {
    this.isStopped = true;
    this.#listeners = [];
  }
}

const SLATE = [new Uint8Array(12).fill(99)];

class Bench {
  readonly clock = new HandClock(0);
  readonly changes: string[] = [];
  readonly sentences: string[] = [];
  readonly made: HandSource[] = [];
  /** What the next attempts give; the last one stays. */
  next: () => Attempt | Promise<Attempt>;
  source!: SupervisedSource;

  constructor(pacing: Pacing = 'push', has: 'both' | 'video' | 'audio' = 'both') {
    this.next = () => ({ source: this.made[this.made.push(new HandSource(pacing, has)) - 1]! });
  }
  async open(): Promise<this> {
    this.source = await openSupervised({
      open: async () => this.next(),
      times: (source) => watchTimes((source.video ?? source.audio)!.pacing, false, false),
      slate: SLATE,
      onChange: (health, sentence) => {
        this.changes.push(health);
        this.sentences.push(sentence);
      },
      clock: this.clock,
      random: () => 0,
    });
    return this;
  }
  /** `ms` of a running source that is looked at 20 times a second. */
  async run(ms: number, each: () => void = () => undefined): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      each();
      this.clock.advance(50);
      await settle();
    }
  }
  get worker(): HandSource { return this.made.at(-1)!; }
}

/** Lets every promise that is due run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

function deliver(bench: Bench): () => void {
  return () => {
    bench.worker.video?.make();
    bench.worker.audio?.make(2400);
    bench.source.video?.take();
    bench.source.audio?.take(2400);
  };
}

describe('a supervised source', () => {
  test('that runs is handed through and never spoken of', async () => {
    const bench = await new Bench().open();
    await bench.run(20_000, deliver(bench));
    expect(bench.changes).toEqual([]);
    expect(bench.source.figures).toEqual({ restarts: 0, heldMs: 0, slateMs: 0, silentMs: 0 });
    expect(bench.source.video!.pacing).toBe('push');
  });

  test('whose first attempt fails throws its typed error and leaves nothing open', async () => {
    const bench = new Bench();
    const refused = new HandSource('push', 'both', Promise.reject(new OperatorError('SOURCE_DEVICE_BUSY', 'busy', 'close it')));
    bench.next = () => ({ source: refused });
    await expect(bench.open()).rejects.toMatchObject({ code: 'SOURCE_DEVICE_BUSY' });
    expect(refused.isStopped).toBe(true);
  });

  test('that dies is started again at once, and its feeds stay the same objects', async () => {
    const bench = await new Bench().open();
    const { video, audio } = bench.source;
    await bench.run(1000, deliver(bench));
    const first = bench.worker;
    first.fail();
    await settle();
    expect(first.isStopped).toBe(true);
    expect(bench.made).toHaveLength(2);
    expect(bench.changes).toEqual(['held', 'restarting']);
    expect(bench.sentences[0]).toBe('The camera was unplugged. The last picture is held.');
    await bench.run(200, deliver(bench));
    expect(bench.changes).toEqual(['held', 'restarting', 'live']);
    expect(bench.source.figures.restarts).toBe(1);
    expect(bench.source.video).toBe(video);
    expect(bench.source.audio).toBe(audio);
    expect(audio!.take(1)).toBeUndefined();
    bench.worker.audio!.make(10);
    expect(audio!.take(10)).toHaveLength(20);
  });

  test('that dies tells of the pictures of its new worker, and no more of those of the old one', async () => {
    const bench = await new Bench().open();
    let arrived = 0;
    bench.source.video!.onArrival!(() => { arrived += 1; });
    const first = bench.worker;
    first.video!.make(3);
    expect(arrived).toBe(3);
    first.fail();
    await settle();
    first.video!.make(5);
    expect(arrived).toBe(3);
    bench.worker.video!.make(2);
    expect(arrived).toBe(5);
  });

  test('that stays away: held, the slate after 2 s, attempts with growing pauses, back on the first new frame', async () => {
    const bench = await new Bench().open();
    await bench.run(1000, deliver(bench));
    const give = bench.next;
    let attempts = 0;
    bench.next = () => {
      attempts += 1;
      throw new OperatorError('SOURCE_DEVICE_MISSING', 'The camera was not found.', 'Connect it.');
    };
    bench.worker.fail();
    await bench.run(1900);
    expect(bench.changes).not.toContain('slate');
    expect(bench.source.video!.queued).toHaveLength(0);
    await bench.run(200);
    expect(bench.source.health).toBe('slate');
    expect(bench.source.video!.queued[0]!.pieces).toBe(SLATE);
    expect(bench.source.video!.take()!.pieces).toBe(SLATE);
    // It is given for every tick, so that another source's picture is never left in its place.
    expect(bench.source.video!.take()!.pieces).toBe(SLATE);
    await bench.run(60_000);
    // 0, 0.5, 1, 2, 4, 8 and then every 10 s: the pauses without the share that chance takes away.
    expect(attempts).toBeGreaterThanOrEqual(9);
    expect(attempts).toBeLessThanOrEqual(11);
    expect(bench.sentences.at(-1)).toMatch(/attempt \d+\)\. The camera was not found\.$/);
    bench.next = give;
    await bench.run(10_100);
    expect(bench.made).toHaveLength(2);
    bench.worker.video!.make();
    expect(bench.source.video!.take()!.pieces).not.toBe(SLATE);
    expect(bench.source.health).toBe('live');
    const { heldMs, slateMs } = bench.source.figures;
    expect(heldMs).toBeGreaterThan(1900);
    expect(heldMs).toBeLessThan(2300);
    expect(slateMs).toBeGreaterThan(70_000);
  });

  test('that stalls is held after 0.5 s, comes back by itself, and is started again only after 3 s', async () => {
    const bench = await new Bench().open();
    await bench.run(1000, deliver(bench));
    await bench.run(700);
    expect(bench.changes).toEqual(['held']);
    await bench.run(200, deliver(bench));
    expect(bench.changes).toEqual(['held', 'live']);
    expect(bench.made).toHaveLength(1);
    await bench.run(3300);
    expect(bench.changes).toEqual(['held', 'live', 'held', 'slate', 'restarting']);
    expect(bench.made).toHaveLength(2);
    expect(bench.made[0]!.isStopped).toBe(true);
  });

  test('that comes up and gives nothing more is started again and again', async () => {
    const bench = await new Bench().open();
    bench.worker.fail();
    await bench.run(60_000);
    expect(bench.made.length).toBeGreaterThan(4);
    expect(bench.made.length).toBeLessThan(20);
    expect(bench.made.filter((one) => !one.isStopped)).toHaveLength(1);
  });

  test('that comes back by itself while the next attempt waits is left alone', async () => {
    const bench = await new Bench().open();
    bench.worker.fail();
    await bench.run(3500);
    expect(bench.made).toHaveLength(2);
    // The second worker has given nothing for 3 s: the third is due after a pause.
    await bench.run(150, deliver(bench));
    expect(bench.changes.at(-1)).toBe('live');
    await bench.run(5000, deliver(bench));
    expect(bench.made).toHaveLength(2);
    expect(bench.worker.isStopped).toBe(false);
  });

  test('that flaps pauses longer each time, and not after it has been well for 10 s', async () => {
    const bench = await new Bench().open();
    for (let round = 0; round < 4; round += 1) {
      await bench.run(300, deliver(bench));
      bench.worker.fail();
      await bench.run(5000);
    }
    const before = bench.made.length;
    await bench.run(100, deliver(bench));
    bench.worker.fail();
    await settle();
    expect(bench.made.length).toBe(before);
    await bench.run(11_000);
    await bench.run(25_000, deliver(bench));
    const steady = bench.made.length;
    bench.worker.fail();
    await settle();
    expect(bench.made.length).toBe(steady + 1);
  });

  test('of the pull kind is well while its queue is full, and is not waited for once it is lost', async () => {
    const bench = await new Bench('pull').open();
    bench.worker.video!.make(6);
    await bench.run(5000);
    expect(bench.changes).toEqual([]);
    expect(bench.source.video!.pacing).toBe('pull');
    while (bench.source.video!.take() !== undefined);
    await bench.run(1200);
    expect(bench.changes).toEqual(['held']);
    expect(bench.source.video!.pacing).toBe('push');
    bench.worker.video!.make();
    expect(bench.source.video!.pacing).toBe('pull');
    bench.source.video!.take();
    expect(bench.source.health).toBe('live');
  });

  test('with sound alone goes silent and comes back', async () => {
    const bench = await new Bench('push', 'audio').open();
    await bench.run(1000, deliver(bench));
    await bench.run(3300);
    expect(bench.changes).toEqual(['silent', 'restarting']);
    await bench.run(500, deliver(bench));
    expect(bench.changes.at(-1)).toBe('live');
    expect(bench.source.video).toBeUndefined();
    expect(bench.source.figures.silentMs).toBeGreaterThan(2900);
    expect(bench.source.figures.silentMs).toBeLessThan(3600);
  });

  test('is not blamed when the whole process was stopped', async () => {
    const bench = await new Bench().open();
    await bench.run(1000, deliver(bench));
    bench.clock.freeze(30_000);
    await bench.run(300);
    await bench.run(1000, deliver(bench));
    expect(bench.changes).toEqual([]);
  });

  test('that is bound to the timeline shows nothing before its frame', async () => {
    const bench = await new Bench('pull').open();
    bench.worker.video!.make(3);
    bench.source.video!.take();
    const give = bench.next;
    let isDue = false;
    bench.next = async () => ({ ...await give(), isDue: () => isDue });
    bench.worker.fail();
    await settle();
    bench.worker.video!.make(6);
    expect(bench.source.video!.take()).toBeUndefined();
    await bench.run(3000);
    expect(bench.source.health).toBe('slate');
    isDue = true;
    expect(bench.source.video!.pacing).toBe('pull');
    expect(bench.source.video!.take()!.sourceFrame).toBe(0);
    expect(bench.source.health).toBe('live');
  });

  test.each(['while it pauses', 'while it opens'])('can be stopped %s', async (when) => {
    const bench = await new Bench().open();
    const give = bench.next;
    const gate = Promise.withResolvers<void>();
    bench.next = async () => {
      if (when === 'while it pauses') throw new Error('not yet');
      await gate.promise;
      return give();
    };
    bench.worker.fail();
    await settle();
    await bench.source.stop();
    gate.resolve();
    await settle();
    const changes = bench.changes.length;
    await bench.run(30_000);
    expect(bench.made.every((one) => one.isStopped)).toBe(true);
    expect(bench.changes).toHaveLength(changes);
  });

  test('that loses its sound or its picture in a restart gives what it has', async () => {
    const bench = await new Bench().open();
    bench.next = () => ({ source: bench.made[bench.made.push(new HandSource('push', 'video')) - 1]! });
    bench.worker.fail();
    await settle();
    const { audio, video } = bench.source as { audio: AudioFeed; video: VideoFeed };
    expect(audio.queuedSamples).toBe(0);
    expect(audio.take(100)).toBeUndefined();
    bench.worker.video!.make();
    expect(video.take()).toBeDefined();
  });
});

describe('the sound alone of a source with both', () => {
  const pictureOnly = (bench: Bench) => (): void => {
    bench.worker.video?.make();
    bench.source.video?.take();
    bench.source.audio?.take(2400);
  };

  test('that stops is told and counted, without a new start, and told again when it is back', async () => {
    const bench = await new Bench().open();
    await bench.run(3000, deliver(bench));
    await bench.run(5000, pictureOnly(bench));
    expect(bench.changes).toEqual(['silent']);
    expect(bench.sentences).toEqual(['The sound of the camera has stopped; its picture goes on.']);
    expect(bench.source.health).toBe('live');
    await bench.run(1000, deliver(bench));
    expect(bench.changes).toEqual(['silent', 'live']);
    expect(bench.sentences[1]).toMatch(/^The sound of the camera is back after 5\.\d s\.$/);
    expect(bench.source.figures.restarts).toBe(0);
    expect(bench.source.figures.silentMs).toBeGreaterThan(4800);
    expect(bench.source.figures.silentMs).toBeLessThan(5400);
    // What is over is not counted any more.
    const { silentMs } = bench.source.figures;
    await bench.run(3000, deliver(bench));
    expect(bench.source.figures.silentMs).toBe(silentMs);
  });

  test('is not spoken of apart from the picture when the whole source is lost', async () => {
    const bench = await new Bench().open();
    await bench.run(2000, deliver(bench));
    await bench.run(2900);
    expect(bench.changes).toEqual(['held', 'slate']);
  });

  test('of a file whose queue is full because nobody takes it is well', async () => {
    const bench = await new Bench('pull').open();
    bench.worker.audio!.make(24_000);
    await bench.run(5000, () => {
      if (bench.worker.video!.queued.length < 2) bench.worker.video!.make();
    });
    expect(bench.changes).toEqual([]);
  });
});
