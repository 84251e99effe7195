// Routes of jobs: one input asset through the presets of a transform into output assets. The work is the runner's (jobs/jobRunner.ts).
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { JobOutputRecord, JobRecord, TransformRecord } from '../records.ts';
import { badRequest, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { checkMediaName } from './names.ts';
import { descriptionSchema, parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';
import { knownTransform } from './transformRoutes.ts';

const TYPE = 'Microsoft.Media/mediaservices/transforms/jobs';
const INPUT_ASSET = '#Microsoft.Media.JobInputAsset';
const OUTPUT_ASSET = '#Microsoft.Media.JobOutputAsset';
const prioritySchema = z.enum(['Low', 'Normal', 'High']);

const createSchema = z.object({
  properties: z.object({
    description: descriptionSchema.nullish(),
    input: z.object({
      '@odata.type': z.string().max(128),
      'assetName': z.string().max(260).nullish(),
      'files': z.array(z.string().max(1024)).max(100).nullish(),
      'label': z.string().max(256).nullish(),
      'start': z.unknown().optional(),
      'end': z.unknown().optional(),
    }),
    outputs: z.array(z.object({ '@odata.type': z.string().max(128), 'assetName': z.string().max(260).nullish(), 'label': z.string().max(256).nullish(), 'presetOverride': z.unknown().optional() })).max(10),
    priority: prioritySchema.nullish(),
    correlationData: z.record(z.string().max(256), z.string().max(1024)).nullish(),
  }),
});
const patchSchema = z.object({ properties: z.object({ description: descriptionSchema.nullish(), priority: prioritySchema.nullish() }).nullish() });

export function registerJobs(app: FastifyInstance, context: ArmContext): void {
  const { store, jobs } = context;
  const path = '/transforms/:transformName/jobs';
  const known = (transformName: string, name: string): JobRecord => {
    knownTransform(context, transformName);
    const job = store.jobs.find({ transform_name: transformName, name });
    if (job === undefined) throw resourceNotFound(TYPE, name);
    return job;
  };

  app.get(path, (request) => {
    const transform = knownTransform(context, param(request, 'transformName'));
    return listAnswer(context, request, store.jobs.list({ transform_name: transform.name }), {
      name: (one) => one.name, state: (one) => one.state, created: (one) => one.createdAt, lastModified: (one) => one.modifiedAt,
    }, (one) => jobShape(context, one));
  });
  app.get(`${path}/:jobName`, (request) => jobShape(context, known(param(request, 'transformName'), param(request, 'jobName'))));

  app.put(`${path}/:jobName`, (request, reply) => {
    const name = param(request, 'jobName');
    checkMediaName('job', name);
    const { properties } = parseBody(createSchema, request.body);
    const job = store.transaction(() => {
      const transform = knownTransform(context, param(request, 'transformName'));
      if (store.jobs.find({ transform_name: transform.name, name }) !== undefined) throw conflict(`The job '${name}' exists already.`);
      const made = newJob(context, transform, name, properties);
      store.jobs.insert(made);
      return made;
    });
    jobs.wake();
    return reply.code(201).send(jobShape(context, job));
  });

  app.patch(`${path}/:jobName`, (request) => {
    const properties = parseBody(patchSchema, request.body).properties ?? {};
    return jobShape(context, store.transaction(() => {
      const job = known(param(request, 'transformName'), param(request, 'jobName'));
      const next: JobRecord = {
        ...job,
        description: properties.description === undefined ? job.description : properties.description,
        priority: properties.priority ?? job.priority,
        modifiedAt: new Date().toISOString(),
      };
      store.jobs.replace(next);
      return next;
    }));
  });

  app.post(`${path}/:jobName/cancelJob`, (request, reply) => {
    jobs.cancel(known(param(request, 'transformName'), param(request, 'jobName')));
    return reply.code(200).send();
  });

  app.delete(`${path}/:jobName`, (request, reply) => {
    const [transformName, name] = [param(request, 'transformName'), param(request, 'jobName')];
    const job = store.jobs.find({ transform_name: transformName, name });
    if (job === undefined) return reply.code(204).send();
    if (job.state === 'Processing' || job.state === 'Canceling') throw conflict(`The job '${name}' is being processed. Cancel it first.`);
    store.jobs.remove({ transform_name: transformName, name });
    return reply.code(200).send();
  });
}

type NewJob = z.infer<typeof createSchema>['properties'];

function newJob(context: ArmContext, transform: TransformRecord, name: string, properties: NewJob): JobRecord {
  const { input, outputs } = properties;
  if (input['@odata.type'] !== INPUT_ASSET) throw badRequest(`The job input '${input['@odata.type'].slice(0, 64)}' is not supported. The embedded service takes ${INPUT_ASSET}.`);
  if ((input.start !== undefined && input.start !== null) || (input.end !== undefined && input.end !== null)) throw badRequest('The embedded service encodes whole files: leave out input.start and input.end.');
  if ((input.files?.length ?? 0) > 1) throw badRequest('The embedded service encodes one file for each job: name one in input.files, or none.');
  if (outputs.length !== transform.outputs.length) {
    throw badRequest(`The job has ${String(outputs.length)} outputs and its transform '${transform.name}' has ${String(transform.outputs.length)}. They must be the same number.`);
  }
  const now = new Date().toISOString();
  const names = new Set<string>();
  return {
    transformName: transform.name, name, description: properties.description ?? null,
    input: { assetName: assetOf(context, input.assetName, 'input'), files: input.files ?? [], label: input.label ?? null },
    outputs: outputs.map((one, index): JobOutputRecord => {
      if (one['@odata.type'] !== OUTPUT_ASSET) throw badRequest(`The job output '${one['@odata.type'].slice(0, 64)}' is not supported. The embedded service makes ${OUTPUT_ASSET}.`);
      if (one.presetOverride !== undefined && one.presetOverride !== null) throw badRequest('The embedded service takes presets from the transform only: leave out presetOverride.');
      const assetName = assetOf(context, one.assetName, 'output');
      if (names.has(assetName.toLowerCase())) throw badRequest(`Two outputs name the asset '${assetName}'. Each output needs an asset of its own.`);
      names.add(assetName.toLowerCase());
      return { assetName, label: one.label ?? `BuiltInStandardEncoderPreset_${String(index)}`, state: 'Queued', progress: 0, error: null, startTime: null, endTime: null };
    }),
    priority: properties.priority ?? 'Normal', correlationData: properties.correlationData ?? {}, state: 'Queued', startTime: null, endTime: null, createdAt: now, modifiedAt: now,
  };
}

function assetOf(context: ArmContext, name: string | null | undefined, role: 'input' | 'output'): string {
  const asset = name === undefined || name === null ? undefined : context.store.assets.find({ name });
  if (asset === undefined) throw badRequest(`The ${role} asset '${name ?? ''}' of the job does not exist.`, 'AssetNotFound');
  return asset.name;
}

function jobShape(context: ArmContext, job: JobRecord): object {
  const times = ({ startTime, endTime }: { readonly startTime: string | null; readonly endTime: string | null }): object => ({
    ...(startTime === null ? {} : { startTime }), ...(endTime === null ? {} : { endTime }),
  });
  return {
    name: job.name,
    id: accountId(context, `/transforms/${job.transformName}/jobs/${job.name}`),
    type: TYPE,
    properties: {
      created: job.createdAt,
      state: job.state,
      ...(job.description === null ? {} : { description: job.description }),
      input: { '@odata.type': INPUT_ASSET, 'files': job.input.files, 'assetName': job.input.assetName, ...(job.input.label === null ? {} : { label: job.input.label }) },
      lastModified: job.modifiedAt,
      outputs: job.outputs.map((one) => ({
        '@odata.type': OUTPUT_ASSET, 'assetName': one.assetName, 'label': one.label, 'state': one.state, 'progress': one.progress, ...times(one),
        ...(one.error === null ? {} : {
          error: { code: one.error.code, message: one.error.message, category: one.error.category, retry: one.error.retry, details: [{ code: one.error.detail, message: one.error.message }] },
        }),
      })),
      priority: job.priority,
      correlationData: job.correlationData,
      ...times(job),
    },
    systemData: systemData(job.createdAt, job.modifiedAt),
  };
}
