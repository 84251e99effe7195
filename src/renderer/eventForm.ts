// What the operator typed about the event and its recording, as text; and what of it the contract takes. Pure: rules beyond the form are the engine's.
import { z } from 'zod';
import { eventSettingsSchema, eventTypeSchema, type EventSettings } from '../contract/eventSettings.ts';
import { ingestProtocolSchema } from '../contract/ingest.ts';
import { pairModeSchema } from '../contract/pair.ts';
import { showPlanSchema, type ShowPlan } from '../contract/plan.ts';

const text = z.string().max(2000).catch('');
export const WHO = ['everyone', 'this-computer', 'listed'] as const;
const whoSchema = z.enum(WHO).catch('everyone');

/** Empty, or `usual`: as it is without being asked for. */
export const eventFormSchema = z.object({
  type: eventTypeSchema.or(z.literal('usual')).catch('usual'),
  streamOption: z.enum(['usual', 'LowLatency', 'LowLatencyV2']).catch('usual'),
  ingest: ingestProtocolSchema.or(z.literal('usual')).catch('usual'),
  gopSeconds: text,
  archiveMinutes: text,
  rewindMinutes: text,
  ingestFor: whoSchema,
  allowIngest: text,
  previewFor: whoSchema,
  allowPreview: text,
  transcribe: text,
  hostnamePrefix: text,
  manifestName: text,
  locatorId: text,
  streamingPolicy: text,
  /** Of this computer's clock, `YYYY-MM-DDTHH:MM`. */
  publicFrom: text,
  publicUntil: text,
  pair: pairModeSchema.or(z.literal('usual')).catch('usual'),
  keepEvent: z.boolean().catch(false),
  recordName: text,
  recordSplitMinutes: text,
  recordKbps: text,
  slateText: text,
});
export type EventForm = z.infer<typeof eventFormSchema>;
export const usualForm: EventForm = eventFormSchema.parse({});

/** Fields that hold a text which the contract refuses. */
export type WrongField = Exclude<keyof EventForm, 'type' | 'streamOption' | 'ingest' | 'ingestFor' | 'previewFor' | 'pair' | 'keepEvent'>;
type Reading<T> = { readonly value: T | undefined; readonly isWrong: boolean };

const settings = eventSettingsSchema.shape;

function read<T>(schema: z.ZodType<T>, typed: string, valueOf: (text: string) => unknown): Reading<T> {
  const trimmed = typed.trim();
  if (trimmed === '') return { value: undefined, isWrong: false };
  const parsed = schema.safeParse(valueOf(trimmed));
  return parsed.success ? { value: parsed.data, isWrong: false } : { value: undefined, isWrong: true };
}

const plain = (typed: string): string => typed;
const list = (typed: string): string[] => typed.split(/[\s,;]+/).filter((one) => one !== '');
const minutes = (typed: string): number => Math.round(Number(typed.replace(',', '.')) * 60);
const number = (typed: string): number => Number(typed.replace(',', '.'));
const utc = (typed: string): string => {
  const at = new Date(typed);
  return Number.isNaN(at.getTime()) ? typed : at.toISOString();
};

function who(kind: (typeof WHO)[number], typed: string): Reading<string[] | undefined> {
  if (kind === 'everyone') return { value: undefined, isWrong: false };
  if (kind === 'this-computer') return { value: ['this-computer'], isWrong: false };
  const listed = read(settings.allowIngest, typed, list);
  return listed.value === undefined ? { value: undefined, isWrong: true } : listed;
}

function readingsOf(form: EventForm) {
  return {
    hostnamePrefix: read(settings.hostnamePrefix, form.hostnamePrefix, plain),
    transcribe: read(settings.transcribe, form.transcribe, list),
    allowIngest: who(form.ingestFor, form.allowIngest),
    allowPreview: who(form.previewFor, form.allowPreview),
    archiveMinutes: read(settings.archiveSeconds, form.archiveMinutes, minutes),
    rewindMinutes: read(settings.rewindSeconds, form.rewindMinutes, minutes),
    manifestName: read(settings.manifestName, form.manifestName, plain),
    locatorId: read(settings.locatorId, form.locatorId, plain),
    publicFrom: read(settings.publicFrom, form.publicFrom, utc),
    publicUntil: read(settings.publicUntil, form.publicUntil, utc),
    streamingPolicy: read(settings.streamingPolicy, form.streamingPolicy, plain),
    gopSeconds: read(showPlanSchema.shape.ladder.shape.gopSeconds, form.gopSeconds, number),
    recordName: read(showPlanSchema.shape.recordName, form.recordName, plain),
    recordSplitMinutes: read(showPlanSchema.shape.recordSplitSeconds, form.recordSplitMinutes, minutes),
    recordKbps: read(showPlanSchema.shape.recordKbps, form.recordKbps, number),
    slateText: read(z.string().max(60), form.slateText, plain),
  } satisfies Record<WrongField, Reading<unknown>>;
}

export function wrongIn(form: EventForm): readonly WrongField[] {
  return (Object.entries(readingsOf(form)) as [WrongField, Reading<unknown>][]).filter(([, { isWrong }]) => isWrong).map(([field]) => field);
}

/** How many fields are not as usual, for the closed form. */
export function changedIn(form: EventForm): number {
  return (Object.keys(usualForm) as (keyof EventForm)[]).filter((field) => form[field] !== usualForm[field]).length;
}

/** What of the form becomes part of a plan; a field with a wrong text is left out. */
export function planPartsOf(form: EventForm): Pick<ShowPlan, 'ingest' | 'pair' | 'keepEvent' | 'recordName' | 'recordSplitSeconds' | 'recordKbps' | 'slate'> & { readonly event?: EventSettings; readonly gopSeconds?: number } {
  const readings = readingsOf(form);
  const event: EventSettings = {
    ...(form.type === 'usual' ? {} : { type: form.type }),
    ...(form.streamOption === 'usual' ? {} : { streamOption: form.streamOption }),
    ...given('hostnamePrefix', readings.hostnamePrefix), ...given('transcribe', readings.transcribe),
    ...given('allowIngest', readings.allowIngest), ...given('allowPreview', readings.allowPreview),
    ...given('archiveSeconds', readings.archiveMinutes), ...given('rewindSeconds', readings.rewindMinutes),
    ...given('manifestName', readings.manifestName), ...given('locatorId', readings.locatorId),
    ...given('publicFrom', readings.publicFrom), ...given('publicUntil', readings.publicUntil), ...given('streamingPolicy', readings.streamingPolicy),
  };
  const slateText = readings.slateText.value;
  return {
    keepEvent: form.keepEvent,
    ...(Object.keys(event).length === 0 ? {} : { event }),
    ...(form.ingest === 'usual' ? {} : { ingest: form.ingest }),
    ...(form.pair === 'usual' ? {} : { pair: form.pair }),
    ...given('gopSeconds', readings.gopSeconds), ...given('recordName', readings.recordName),
    ...given('recordSplitSeconds', readings.recordSplitMinutes), ...given('recordKbps', readings.recordKbps),
    ...(slateText === undefined ? {} : { slate: { text: slateText } }),
  };
}

function given<K extends string, T>(name: K, { value }: Reading<T>): { [Key in K]?: NonNullable<T> } {
  return (value === undefined || value === null ? {} : { [name]: value }) as { [Key in K]?: NonNullable<T> };
}
