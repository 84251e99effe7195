// What the operator has chosen for the next show. Remembered on this machine, but never an address that holds a stream key.
import { create } from 'zustand';
import { z } from 'zod';
import type { EncoderChoice } from '../contract/encoder.ts';
import type { JoinWish } from '../contract/joinLink.ts';
import { ladderSchema, type Ladder } from '../contract/ladder.ts';
import { MAX_SIDE_OUTPUTS, sideOutputSchema } from '../contract/sideOutput.ts';
import { showPlanSchema, type PlanQuestion, type ShowPlan } from '../contract/plan.ts';
import { eventFormSchema, planPartsOf, usualForm, wrongIn } from './eventForm.ts';
import { audioSpecSchema, soundSettingsSchema, sourceSpecSchema, type AudioSpec, type SoundSettings, type SourceSpec } from '../contract/source.ts';

const choiceSchema = z.object({
  video: sourceSpecSchema.catch({ kind: 'test' }),
  audio: audioSpecSchema.catch({ kind: 'source' }),
  /** Whether step 1 opens the sources to show them. */
  look: z.boolean().catch(true),
  /** Sources that stand ready to be switched to. */
  others: z.array(sourceSpecSchema).max(7).catch([]),
  filePath: z.string().max(4096).catch(''),
  where: z.enum(['embedded', 'arm', 'rtmp']).catch('embedded'),
  armAddress: z.string().max(2048).catch(''),
  /** Of the embedded service of another home on this machine; empty for its own. */
  embeddedHome: z.string().max(4096).catch(''),
  ladder: z.string().catch('720p'),
  /** Made by hand. */
  ownLadders: z.array(ladderSchema).max(16).catch([]),
  /** Gain and offset of each source, by {@link soundKey}. */
  sound: z.record(z.string(), soundSettingsSchema).catch({}),
  eventName: z.string().max(64).catch(''),
  /** Attach to that event, which another instance has prepared. */
  join: z.boolean().catch(false),
  recordDir: z.string().max(4096).catch(''),
  /** Of the event and the recording, as it was typed. */
  form: eventFormSchema.catch(usualForm),
  /** Places beside the main one; their keys are kept by the engine. */
  also: z.array(sideOutputSchema.omit({ streamKey: true })).max(MAX_SIDE_OUTPUTS).catch([]),
});
type Remembered = z.infer<typeof choiceSchema>;
export type Choice = Remembered & { readonly rtmpUrl: string };

const KEY = 'fieldcast.plan';
/** What the engine takes for "the account that was chosen at sign-in". */
const CHOSEN_ACCOUNT = 'arm';
/** Ladders made by hand that are remembered. */
const MAX_OWN_LADDERS = 16;

export const useChoice = create<Choice>(() => ({ ...remembered(), rtmpUrl: '' }));

export function choose(change: Partial<Choice>): void {
  useChoice.setState(change);
  const { rtmpUrl: _secret, ...kept } = useChoice.getState();
  localStorage.setItem(KEY, JSON.stringify(kept));
}

export type Missing = 'path' | 'url' | 'event' | 'form' | 'ladder';

/** What is still wrong with a choice, in the order of the page. */
export function missingIn(choice: Choice, ladder: Ladder | undefined): readonly Missing[] {
  return [
    ...(choice.video.kind === 'file' && choice.filePath.trim() === '' ? ['path' as const] : []),
    ...(choice.where === 'rtmp' && !/^rtmps?:\/\/[^/\s]+\/\S+$/.test(choice.rtmpUrl.trim()) ? ['url' as const] : []),
    ...(choice.where !== 'rtmp' && (choice.eventName.trim() !== '' || choice.join) && !showPlanSchema.shape.eventName.safeParse(choice.eventName.trim()).success ? ['event' as const] : []),
    ...(wrongIn(choice.form).length > 0 ? ['form' as const] : []),
    ...(ladder === undefined ? ['ladder' as const] : []),
  ];
}

/** The picture with its path, where it is a file. */
export function videoOf(choice: Choice): SourceSpec {
  return choice.video.kind === 'file' ? { kind: 'file', path: choice.filePath.trim() } : choice.video;
}

/** By which the sound of a source is found again in another show, whatever its number in it. */
function soundKey(spec: SourceSpec | AudioSpec): string {
  return JSON.stringify(spec);
}

/** Remembers gain or offset of the source `id` of the show that was planned last. */
export function keepSound(id: string, change: SoundSettings): void {
  const choice = useChoice.getState();
  const spec = id === 'audio' ? choice.audio : picturesOf(choice)[Number(id) - 1];
  if (spec === undefined) return;
  const key = soundKey(spec);
  choose({ sound: { ...choice.sound, [key]: { ...choice.sound[key], ...change } } });
}

export function changeForm(change: Partial<Choice['form']>): void {
  choose({ form: { ...useChoice.getState().form, ...change } });
}

/** Fills in the form for the event of another instance. */
export function chooseToJoin({ eventName, destination }: JoinWish): void {
  choose({
    eventName, join: true, where: destination.kind,
    ...(destination.kind === 'arm' ? { armAddress: destination.address === CHOSEN_ACCOUNT ? '' : destination.address } : { embeddedHome: destination.home ?? '' }),
  });
}

/** Sources of pictures in the order of their numbers. */
function picturesOf(choice: Choice): readonly SourceSpec[] {
  return [videoOf(choice), ...choice.others.filter((one) => JSON.stringify(one) !== JSON.stringify(choice.video))];
}

/** The plan as the engine takes it; an RTMP server has no private side, so it is live from its first frame. */
export function planOf(choice: Choice, ladder: Ladder, encoder?: EncoderChoice): ShowPlan {
  const [video = videoOf(choice), ...others] = picturesOf(choice);
  const audio: AudioSpec = choice.audio;
  const sound = Object.fromEntries([...[video, ...others].map((spec, index) => [String(index + 1), spec] as const), ['audio', audio] as const]
    .flatMap(([id, spec]) => {
      const settings = choice.sound[soundKey(spec)];
      return settings === undefined || (id === 'audio' && (audio.kind === 'source' || audio.kind === 'none')) ? [] : [[id, settings] as const];
    }));
  const eventName = choice.eventName.trim();
  const { event, gopSeconds, ingest, keepEvent, pair, slate, ...recording } = planPartsOf(choice.form);
  const recordDir = choice.recordDir.trim();
  return {
    video,
    ...(others.length === 0 ? {} : { otherVideo: others }),
    audio,
    ...(Object.keys(sound).length === 0 ? {} : { sound }),
    destination: destinationOf(choice),
    ladder: withGop(ladder, gopSeconds),
    ...(encoder === undefined ? {} : { encoder }),
    rehearse: choice.where !== 'rtmp',
    keepEvent: keepEvent && choice.where !== 'rtmp',
    ...(slate === undefined ? {} : { slate }),
    ...(choice.also.length === 0 ? {} : { also: choice.also }),
    ...(choice.where === 'rtmp' ? {} : { ...(event === undefined ? {} : { event }), ...(ingest === undefined ? {} : { ingest }), ...(pair === undefined ? {} : { pair }) }),
    ...(eventName === '' || choice.where === 'rtmp' ? {} : { eventName }),
    ...(choice.join && choice.where !== 'rtmp' ? { join: 'adopt' as const } : {}),
    ...(recordDir === '' ? {} : { recordDir, ...recording }),
  };
}

/** The sources of the plan to be looked at; undefined where one is not complete. */
export function previewOf(choice: Choice): Pick<ShowPlan, 'video' | 'otherVideo' | 'audio'> | undefined {
  if (choice.video.kind === 'file' && choice.filePath.trim() === '') return undefined;
  const [video = videoOf(choice), ...others] = picturesOf(choice);
  return { video, audio: choice.audio, ...(others.length === 0 ? {} : { otherVideo: others }) };
}

/** What decides whether the destination takes the plan. */
export function questionOf(choice: Choice, ladder: Ladder): PlanQuestion {
  const { destination, ladder: sent, event, ingest, also, join } = planOf(choice, ladder);
  return { destination, ladder: sent, event, ingest, also, join };
}

function withGop(ladder: Ladder, gopSeconds: number | undefined): Ladder {
  return gopSeconds === undefined ? ladder : { ...ladder, gopSeconds };
}

/** Remembers a ladder made by hand, in place of one of the same name, and chooses it. */
export function keepLadder(ladder: Ladder): void {
  const others = useChoice.getState().ownLadders.filter((one) => one.name !== ladder.name);
  choose({ ladder: ladder.name, ownLadders: [...others, ladder].slice(-MAX_OWN_LADDERS) });
}

/** Where the next show, and uploads, go. */
export function destinationOf(choice: Choice): ShowPlan['destination'] {
  switch (choice.where) {
    case 'embedded': return { kind: 'embedded', ...(choice.embeddedHome === '' ? {} : { home: choice.embeddedHome }) };
    case 'arm': return { kind: 'arm', address: armAddress(choice.armAddress.trim()) };
    case 'rtmp': return { kind: 'rtmp', url: choice.rtmpUrl.trim() };
  }
}

/** Resource ids are pasted as they stand in a portal, without the prefix of a destination. */
function armAddress(text: string): string {
  if (text === '' || text === CHOSEN_ACCOUNT) return CHOSEN_ACCOUNT;
  return text.startsWith('arm:') ? text : `arm:${text}`;
}

function remembered(): Remembered {
  try {
    return choiceSchema.parse(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    return choiceSchema.parse({});
  }
}
