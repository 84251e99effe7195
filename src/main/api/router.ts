// Every call that a client may make, validated at the border. No logic: each call is one call of the stage.
import { initTRPC, TRPCError } from '@trpc/server';
import { z } from 'zod';
import { OperatorError, messageOf } from '../../contract/errors.ts';
import { assetQuestionSchema, assetRemovalSchema, libraryQuestionSchema } from '../../contract/library.ts';
import { destinationSchema, eventNameSchema, showPlanSchema } from '../../contract/plan.ts';
import type { ShowEvent } from '../../contract/report.ts';
import { gainDbSchema, offsetMsSchema } from '../../contract/source.ts';
import { uploadLimitSchema, uploadRequestSchema, type UploadStatus } from '../../contract/upload.ts';
import type { Stage } from '../show/stage.ts';

const t = initTRPC.context<{ readonly stage: Stage }>().create({
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

const operator = t.procedure.use(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.cause instanceof OperatorError) {
    throw new TRPCError({ code: 'PRECONDITION_FAILED', message: result.error.cause.message, cause: result.error.cause });
  }
  if (!result.ok && result.error.code === 'INTERNAL_SERVER_ERROR') {
    throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: messageOf(result.error.cause ?? result.error) });
  }
  return result;
});

const uploadId = z.string().max(64);

const renditionName = z.string().max(16);

const sourceId = z.string().max(16);

export const appRouter = t.router({
  engine: t.router({
    info: operator.query(({ ctx }) => ctx.stage.info()),
    doctor: operator.query(({ ctx, signal }) => ctx.stage.doctor(signal)),
    devices: operator.query(({ ctx, signal }) => ctx.stage.devices(signal)),
    ladders: operator.query(({ ctx }) => ctx.stage.ladders()),
    /** What an account still runs from earlier shows. */
    events: operator.input(destinationSchema).query(({ ctx, input, signal }) => ctx.stage.events(input, signal)),
    stopEvent: operator
      .input(z.object({ destination: destinationSchema, eventName: eventNameSchema }))
      .mutation(({ ctx, input, signal }) => ctx.stage.stopEvent(input.destination, input.eventName, signal)),
    shutdown: operator.mutation(({ ctx }) => ctx.stage.shutdown()),
  }),
  library: t.router({
    list: operator.input(libraryQuestionSchema).query(({ ctx, input, signal }) => ctx.stage.library.list(input.destination, input.search, signal)),
    /** Answers with the addresses; harmless where it is public already. */
    publish: operator.input(assetQuestionSchema).mutation(({ ctx, input, signal }) => ctx.stage.library.publish(input.destination, input.assetName, signal)),
    unpublish: operator.input(assetQuestionSchema).mutation(({ ctx, input, signal }) => ctx.stage.library.unpublish(input.destination, input.assetName, signal)),
    remove: operator.input(assetRemovalSchema).mutation(({ ctx, input, signal }) => ctx.stage.library.remove(input.destination, input.assetName, input.evenIfPublic, signal)),
  }),
  upload: t.router({
    list: operator.query(({ ctx }) => ctx.stage.uploads.list()),
    /** Answers with the ids of the uploads, in the order of the paths. */
    add: operator.input(uploadRequestSchema).mutation(({ ctx, input }) => ctx.stage.uploads.add(input)),
    pause: operator.input(uploadId).mutation(({ ctx, input }) => ctx.stage.uploads.pause(input)),
    resume: operator.input(uploadId).mutation(({ ctx, input }) => ctx.stage.uploads.resume(input)),
    /** Ends it for good and deletes what has arrived of it. */
    cancel: operator.input(uploadId).mutation(({ ctx, input }) => ctx.stage.uploads.cancel(input)),
    limit: operator.input(uploadLimitSchema).mutation(({ ctx, input }) => ctx.stage.uploads.limit(input)),
    /** Every upload as it is, then each change. */
    watch: operator.subscription(async function* watch({ ctx, signal }): AsyncGenerator<UploadStatus> {
      yield* ctx.stage.uploads.watch(signal);
    }),
  }),
  show: t.router({
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
    /** Connections that wait for their next attempt make it now. */
    reconnectNow: operator.mutation(({ ctx }) => ctx.stage.reconnectNow()),
    /** Makes this instance the owner of its event, whoever was: from then on it alone stops it. */
    takeOver: operator.mutation(({ ctx }) => ctx.stage.takeOver()),
    end: operator.mutation(({ ctx }) => ctx.stage.end()),
    /** Ends at once: nothing is drained, but nothing is left running either. */
    abort: operator.mutation(({ ctx }) => ctx.stage.abort()),
    /** The state first, then everything that happens, in order, show after show. */
    watch: operator.subscription(async function* watch({ ctx, signal }): AsyncGenerator<ShowEvent> {
      yield* ctx.stage.watch(signal);
    }),
  }),
});

export type AppRouter = typeof appRouter;
