// Every call that a client may make, validated at the border. No logic: each call is one call of the stage.
import { initTRPC, TRPCError } from '@trpc/server';
import { z } from 'zod';
import { accountChoiceSchema, signInRequestSchema, type AccountsStatus } from '../../contract/account.ts';
import { cueRequestSchema } from '../../contract/cue.ts';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import { assetPublicationSchema, assetQuestionSchema, assetRemovalSchema, libraryQuestionSchema, testTokenSchema } from '../../contract/library.ts';
import { endpointChangeSchema, eventActionSchema } from '../../contract/eventSettings.ts';
import { protectionCreationSchema, protectionQuestionSchema, protectionRemovalSchema, protectionSecretInputSchema } from '../../contract/contentProtection.ts';
import { filterCreationSchema, filterQuestionSchema, filterRemovalSchema } from '../../contract/mediaFilter.ts';
import { ladderSchema } from '../../contract/ladder.ts';
import { ladderPlanRequestSchema } from '../../contract/ladderPlan.ts';
import { destinationSchema, eventNameSchema, planQuestionSchema, showPlanSchema } from '../../contract/plan.ts';
import type { ShowEvent } from '../../contract/report.ts';
import { previewRequestSchema, type PreviewEvent } from '../../contract/sourcePreview.ts';
import { MAX_SIDE_OUTPUTS, sideOutputNameSchema, streamKeyInputSchema } from '../../contract/sideOutput.ts';
import { gainDbSchema, offsetMsSchema } from '../../contract/source.ts';
import { droppedFileSchema, uploadEncodingSchema, uploadLimitSchema, uploadRequestSchema, type UploadStatus } from '../../contract/upload.ts';
import { controlRoomChoiceSchema, remoteRoleSchema } from '../../contract/controlRoom.ts';
import type { Stage } from '../show/stage.ts';
import type { ControlRoom } from './controlRoom/controlRoom.ts';
import type { MediaRelay } from './mediaRelay.ts';
import type { OwnFiles } from './ownFiles.ts';
import type { Caller } from './caller.ts';

const t = initTRPC.context<{ readonly stage: Stage; readonly caller: Caller; readonly controlRoom: ControlRoom; readonly relay: Pick<MediaRelay, 'keyFor'>; readonly files: Pick<OwnFiles, 'keyFor'> }>().create({
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    data: {
      code: shape.data.code,
      /** The typed failure, where there is one; everything else stays inside the engine. */
      failure: error.cause instanceof OperatorError
        ? { code: error.cause.code, message: error.cause.message, action: error.cause.action }
        : undefined,
    },
  }),
});

/** What any client may ask, also one that only watches. */
const watcher = t.procedure.use(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.code !== 'FORBIDDEN' && result.error.cause instanceof OperatorError) {
    throw new TRPCError({ code: 'PRECONDITION_FAILED', message: result.error.cause.message, cause: result.error.cause });
  }
  if (!result.ok && result.error.code === 'INTERNAL_SERVER_ERROR') {
    throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: messageOf(result.error.cause ?? result.error) });
  }
  return result;
});

/** What runs the show: a paired browser needs the role *operate*. */
const operator = watcher.use(async ({ ctx, next }) => {
  if (ctx.caller.role === 'watch') throw refused('ONLY_WATCHING', 'This browser may watch the show, not run it.', 'Pair it again with a code for operating.');
  return await next();
});

/** What belongs to the machine rather than to the show: clients on it only. */
const owner = watcher.use(async ({ ctx, next }) => {
  if (ctx.caller.role !== 'owner') throw refused('ONLY_AT_THE_MACHINE', 'This can be done only on the computer that runs the show.', 'Ask somebody there.');
  return await next();
});

function refused(code: string, message: string, action: string): TRPCError {
  return new TRPCError({ code: 'FORBIDDEN', message, cause: new OperatorError(code, message, action) });
}

const uploadId = z.string().max(64);

const renditionName = z.string().max(16);

const sourceId = z.string().max(16);

export const appRouter = t.router({
  engine: t.router({
    info: watcher.query(({ ctx }) => ctx.stage.info()),
    operations: operator.query(({ ctx }) => ctx.stage.operations()),
    services: operator.query(({ ctx }) => ctx.stage.services()),
    doctor: operator.query(({ ctx, signal }) => ctx.stage.doctor(signal)),
    /** Writes a support bundle and answers with its path; without `out` into the home. */
    report: operator.input(z.object({ out: z.string().max(4096).optional() })).mutation(({ ctx, input }) => ctx.stage.report(input.out)),
    devices: operator.query(({ ctx, signal }) => ctx.stage.devices(signal)),
    /** The sources of a plan before there is a show: what happens to them, while their pictures and levels come over the monitor stream. */
    preview: operator.input(previewRequestSchema).subscription(async function* preview({ ctx, input, signal }): AsyncGenerator<PreviewEvent> {
      yield* ctx.stage.preview(input, signal);
    }),
    ladders: watcher.query(({ ctx }) => ctx.stage.ladders()),
    /** Which encoders work here, and how fast; measured where that is not known or `again` is asked for, which takes seconds. */
    encoders: operator
      .input(z.object({ ladder: ladderSchema.optional(), again: z.boolean().default(false) }))
      .query(({ ctx, input, signal }) => ctx.stage.encoders(input, signal)),
    /** What an account still runs from earlier shows. */
    events: operator.input(destinationSchema).query(({ ctx, input, signal }) => ctx.stage.events(input, signal)),
    /** What the uplink was last seen to carry towards a destination; nothing where it was never measured. */
    uplink: operator.input(destinationSchema).query(({ ctx, input }) => ctx.stage.uplink(input)),
    stopEvent: operator
      .input(z.object({ destination: destinationSchema, eventName: eventNameSchema }))
      .mutation(({ ctx, input, signal }) => ctx.stage.stopEvent(input.destination, input.eventName, signal)),
    /** Stand-by, reset or deletion of an event of ours that nobody uses; nothing where it is gone. */
    actOnEvent: operator
      .input(z.object({ destination: destinationSchema, eventName: eventNameSchema, act: eventActionSchema }))
      .mutation(({ ctx, input, signal }) => ctx.stage.actOnEvent(input.destination, input.eventName, input.act, signal)),
    endpoints: operator.input(destinationSchema).query(({ ctx, input, signal }) => ctx.stage.endpoints(input, signal)),
    /** Runs, stops, scales a streaming endpoint, or changes its CDN; it may cost money. */
    changeEndpoint: operator
      .input(z.object({ destination: destinationSchema, change: endpointChangeSchema }))
      .mutation(({ ctx, input, signal }) => ctx.stage.changeEndpoint(input.destination, input.change, signal)),
    shutdown: owner.mutation(({ ctx }) => ctx.stage.shutdown()),
  }),
  /** What the client may do, its key for the streams of the show (src/contract/mediaRelay.ts), and on this machine that for its files. */
  me: watcher.query(({ ctx }) => ({ role: ctx.caller.role, relayKey: ctx.relay.keyFor(ctx.caller), filesKey: ctx.files.keyFor(ctx.caller) })),
  controlRoom: t.router({
    status: owner.query(({ ctx }) => ctx.controlRoom.status()),
    set: owner.input(controlRoomChoiceSchema).mutation(({ ctx, input }) => ctx.controlRoom.set(input)),
    pair: owner.input(z.object({ role: remoteRoleSchema })).mutation(({ ctx, input }) => ctx.controlRoom.createCode(input.role)),
    revoke: owner.input(z.object({ id: z.string().max(64) })).mutation(({ ctx, input }) => ctx.controlRoom.revoke(input.id)),
  }),
  /** Whose accounts they are is the business of the computer's owner. */
  accounts: t.router({
    /** How it is, then each change, a sign-in under way included. */
    watch: owner.subscription(async function* watch({ ctx, signal }): AsyncGenerator<AccountsStatus> {
      yield* ctx.stage.accounts.watch(signal);
    }),
    /** Only begins it. */
    signIn: owner.input(signInRequestSchema).mutation(({ ctx, input }) => ctx.stage.accounts.begin(input)),
    cancelSignIn: owner.mutation(({ ctx }) => ctx.stage.accounts.cancel()),
    /** Answers with whom it forgot. */
    signOut: owner.input(z.object({ who: z.string().min(1).max(320) })).mutation(({ ctx, input }) => ctx.stage.accounts.signOut(input.who)),
    find: owner.query(({ ctx, signal }) => ctx.stage.accounts.find(signal ?? new AbortController().signal)),
    choose: owner.input(accountChoiceSchema).mutation(({ ctx, input, signal }) => ctx.stage.accounts.choose(input, signal ?? new AbortController().signal)),
  }),
  library: t.router({
    list: operator.input(libraryQuestionSchema).query(({ ctx, input, signal }) => ctx.stage.library.list(input.destination, input.search, signal)),
    /** Answers with the addresses; harmless where it is public already. */
    publish: operator.input(assetPublicationSchema).mutation(({ ctx, input, signal }) => ctx.stage.library.publish(input.destination, input.assetName, input, signal)),
    /** Those that it has, whatever its protection. */
    addresses: operator.input(assetQuestionSchema).query(({ ctx, input, signal }) => ctx.stage.library.addresses(input.destination, input.assetName, signal)),
    /** A token for a player's test page, of an asset that was published with `token`. */
    testToken: operator.input(testTokenSchema).mutation(({ ctx, input, signal }) => ctx.stage.library.testToken(input.destination, input.assetName, input.lifeSeconds, signal)),
    unpublish: operator.input(assetQuestionSchema).mutation(({ ctx, input, signal }) => ctx.stage.library.unpublish(input.destination, input.assetName, signal)),
    remove: operator.input(assetRemovalSchema).mutation(({ ctx, input, signal }) => ctx.stage.library.remove(input.destination, input.assetName, input.evenIfPublic, signal)),
  }),
  protection: t.router({
    /** What plays where. */
    table: operator.query(({ ctx }) => ctx.stage.protection.table()),
    list: operator.input(protectionQuestionSchema).query(({ ctx, input, signal }) => ctx.stage.protection.list(input.destination, signal)),
    /** Makes it, or changes who gets its keys. */
    put: operator.input(protectionCreationSchema).mutation(({ ctx, input, signal }) => ctx.stage.protection.put(input.destination, input.name, input.form, signal)),
    remove: operator.input(protectionRemovalSchema).mutation(({ ctx, input, signal }) => ctx.stage.protection.remove(input.destination, input.name, signal)),
    /** Names only: no call answers with a value. */
    secrets: owner.query(({ ctx }) => ctx.stage.protection.secrets()),
    keepSecret: owner.input(protectionSecretInputSchema).mutation(({ ctx, input }) => ctx.stage.protection.keepSecret(input.name, input.value)),
  }),
  filters: t.router({
    /** Of the account, or of one asset, with the addresses that need each. */
    list: operator.input(filterQuestionSchema).query(({ ctx, input, signal }) => ctx.stage.filters.list(input.destination, input, signal)),
    /** Makes it, or changes the one of that name. */
    put: operator.input(filterCreationSchema).mutation(({ ctx, input, signal }) => ctx.stage.filters.put(input.destination, input, input.name, input.form, signal)),
    remove: operator.input(filterRemovalSchema).mutation(({ ctx, input, signal }) => ctx.stage.filters.remove(input.destination, input, input.name, input.evenIfUsed, signal)),
  }),
  /** Stream keys of places to stream to, by name; no call answers with a key. */
  keys: t.router({
    status: operator.input(z.array(sideOutputNameSchema).max(MAX_SIDE_OUTPUTS + 1)).query(({ ctx, input }) => ctx.stage.keys.status(input)),
    keep: owner.input(streamKeyInputSchema).mutation(({ ctx, input }) => ctx.stage.keys.keep(input.name, input.value)),
  }),
  ladder: t.router({
    /** A ladder and an encoder for a source, with a reason for each choice; or why the operator's own ladder cannot be used. */
    plan: operator.input(ladderPlanRequestSchema).query(({ ctx, input, signal }) => ctx.stage.planLadder(input, signal)),
  }),
  recordings: t.router({
    /** Newest first. */
    list: owner.query(({ ctx }) => ctx.stage.recordings()),
    /** Uploads a recording as the on-demand version of its show, at the same addresses; answers with the ids of the upload. */
    complete: owner
      .input(z.object({ id: z.string().max(64), encode: uploadEncodingSchema.exclude(['none']), evenIfWhole: z.boolean() }))
      .mutation(({ ctx, input: { id, ...choice } }) => ctx.stage.completeArchive(id, choice)),
    repair: owner.mutation(({ ctx }) => ctx.stage.repairRecordings()),
  }),
  upload: t.router({
    /** Paths of this machine are the business of those who work on it. */
    list: operator.query(({ ctx }) => ctx.stage.uploads.list()),
    /** Answers with the ids of the uploads, in the order of the paths. */
    add: owner.input(uploadRequestSchema).mutation(({ ctx, input }) => ctx.stage.uploads.add(input)),
    pause: operator.input(uploadId).mutation(({ ctx, input }) => ctx.stage.uploads.pause(input)),
    resume: operator.input(uploadId).mutation(({ ctx, input }) => ctx.stage.uploads.resume(input)),
    /** Ends it for good and deletes what has arrived of it. */
    cancel: operator.input(uploadId).mutation(({ ctx, input }) => ctx.stage.uploads.cancel(input)),
    /** For all uploads together; `keep`: also after a restart. */
    limit: operator.input(z.object({ kbps: uploadLimitSchema, keep: z.boolean().default(false) })).mutation(({ ctx, input }) => ctx.stage.uploads.limit(input.kbps, input.keep)),
    limits: operator.query(({ ctx }) => ctx.stage.uploads.limits()),
    /** Begins to take a file as bytes, or goes on with it; its pieces come by PUT (src/contract/ownFiles.ts). */
    receive: owner.input(droppedFileSchema).mutation(({ ctx, input }) => ctx.stage.uploads.dropped.begin(input)),
    /** Every upload as it is, then each change. */
    watch: operator.subscription(async function* watch({ ctx, signal }): AsyncGenerator<UploadStatus> {
      yield* ctx.stage.uploads.watch(signal);
    }),
  }),
  show: t.router({
    /** Whether the destination takes a plan: the rules of a start, without starting. */
    verdict: operator.input(planQuestionSchema).query(({ ctx, input }) => ctx.stage.verdict(input)),
    start: operator.input(showPlanSchema).mutation(({ ctx, input }) => ctx.stage.start(input)),
    /** Takes up what an earlier engine left unfinished; `end: true` only stops and removes what it had made. */
    resume: operator
      .input(z.object({ showId: z.string().max(64), end: z.boolean() }))
      .mutation(({ ctx, input }) => ctx.stage.resume(input.showId, input.end)),
    goLive: operator.mutation(({ ctx }) => ctx.stage.goLive()),
    /** A cut at the next frame; sources are numbered from 1 in the order of the plan. */
    switchTo: operator
      .input(z.object({ source: sourceId, audio: z.enum(['follow', 'stay']) }))
      .mutation(({ ctx, input }) => ctx.stage.switchTo(input.source, input.audio)),
    mute: operator.input(z.object({ on: z.boolean() })).mutation(({ ctx, input }) => ctx.stage.mute(input.on)),
    slate: operator.input(z.object({ on: z.boolean() })).mutation(({ ctx, input }) => ctx.stage.showSlate(input.on)),
    gain: operator
      .input(z.object({ source: sourceId, db: gainDbSchema }))
      .mutation(({ ctx, input }) => ctx.stage.setGain(input.source, input.db)),
    /** How much later the sound of a source is heard against its picture; negative: the picture waits. */
    offset: operator
      .input(z.object({ source: sourceId, ms: offsetMsSchema }))
      .mutation(({ ctx, input }) => ctx.stage.setOffset(input.source, input.ms)),
    /** Another actual bitrate from the next possible GOP on, kbit/s; answers with its first frame. */
    bitrate: operator
      .input(z.object({ rendition: renditionName, kbps: z.number().positive() }))
      .mutation(({ ctx, input }) => ctx.stage.setBitrate(input.rendition, input.kbps)),
    /** An IDR in every rendition at the next possible frame, with which it answers. */
    idr: operator.mutation(({ ctx }) => ctx.stage.requestIdr()),
    /** A splice or data on the timeline; answers with where it stands. */
    cue: operator.input(cueRequestSchema).mutation(({ ctx, input }) => ctx.stage.cue(input)),
    /** The outputs of the event that the show is on, as the service tells them. */
    outputs: operator.query(({ ctx, signal }) => ctx.stage.outputs(signal)),
    /** Begins or ends the recording on this computer, in the folder of the plan. */
    record: operator.input(z.object({ on: z.boolean() })).mutation(({ ctx, input }) => (input.on ? ctx.stage.startRecording(undefined) : ctx.stage.stopRecording())),
    /** Begins it in a folder of this machine. */
    recordInto: owner.input(z.object({ dir: z.string().min(1).max(4096) })).mutation(({ ctx, input }) => ctx.stage.startRecording(input.dir)),
    /** The curves of the last minute and of the whole show, for a window that is opened late. */
    history: watcher.query(({ ctx }) => ctx.stage.history()),
    /** Switches an output beside the main one on or off; on again also where it was refused for good. */
    also: operator.input(z.object({ name: sideOutputNameSchema, on: z.boolean() })).mutation(({ ctx, input }) => ctx.stage.setSideOutput(input.name, input.on)),
    /** Connections that wait for their next attempt make it now. */
    reconnectNow: operator.mutation(({ ctx }) => ctx.stage.reconnectNow()),
    /** Makes this instance the owner of its event, whoever was: from then on it alone stops it. */
    takeOver: operator.mutation(({ ctx }) => ctx.stage.takeOver()),
    end: operator.mutation(({ ctx }) => ctx.stage.end()),
    /** Ends at once: nothing is drained, but nothing is left running either. */
    abort: operator.mutation(({ ctx }) => ctx.stage.abort()),
    /** The state first, then everything that happens, in order, show after show. */
    watch: watcher.subscription(async function* watch({ ctx, signal }): AsyncGenerator<ShowEvent> {
      yield* ctx.stage.watch(signal);
    }),
  }),
});

export type AppRouter = typeof appRouter;
