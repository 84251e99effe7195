// Routes of transforms: named lists of built-in presets. Nothing runs here; jobs do (jobRoutes.ts).
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { PRESET_NAMES } from '../../transcode/encodingPresets.ts';
import type { TransformRecord } from '../records.ts';
import { badRequest, conflict, resourceNotFound } from './armError.ts';
import { listAnswer, param } from './armHttp.ts';
import type { ArmContext } from './context.ts';
import { checkMediaName } from './names.ts';
import { descriptionSchema, parseBody } from './requestBody.ts';
import { accountId, systemData } from './resourceShape.ts';

const TYPE = 'Microsoft.Media/mediaservices/transforms';
const BUILT_IN_PRESET = '#Microsoft.Media.BuiltInStandardEncoderPreset';
const MAX_OUTPUTS = 10;

/** @odata.type of the one kind of preset that is offered. */
const presetSchema = z.object({ '@odata.type': z.string().max(128), 'presetName': z.string().max(64).nullish() });
const bodySchema = z.object({
  properties: z.object({
    description: descriptionSchema.nullish(),
    outputs: z.array(z.object({
      onError: z.enum(['StopProcessingJob', 'ContinueJob']).nullish(),
      relativePriority: z.enum(['Low', 'Normal', 'High']).nullish(),
      preset: presetSchema,
    })).max(MAX_OUTPUTS).nullish(),
  }).nullish(),
});
type Properties = NonNullable<z.infer<typeof bodySchema>['properties']>;

export function registerTransforms(app: FastifyInstance, context: ArmContext): void {
  const { store } = context;
  app.get('/transforms', (request) => listAnswer(context, request, store.transforms.list(), {
    name: (one) => one.name, created: (one) => one.createdAt, lastModified: (one) => one.modifiedAt,
  }, (one) => transformShape(context, one)));
  app.get('/transforms/:transformName', (request) => transformShape(context, knownTransform(context, param(request, 'transformName'))));

  app.put('/transforms/:transformName', (request, reply) => {
    const name = param(request, 'transformName');
    checkMediaName('transform', name);
    const properties = parseBody(bodySchema, request.body).properties ?? {};
    const outputs = outputsOf(properties);
    if (outputs === undefined || outputs.length === 0) throw badRequest("The value of 'properties.outputs' is invalid: a transform has at least one output.");
    const { transform, created } = store.transaction(() => {
      const known = store.transforms.find({ name });
      const now = new Date().toISOString();
      const next: TransformRecord = { name: known?.name ?? name, description: properties.description ?? null, outputs, createdAt: known?.createdAt ?? now, modifiedAt: now };
      if (known === undefined) store.transforms.insert(next);
      else store.transforms.replace(next);
      return { transform: next, created: known === undefined };
    });
    return reply.code(created ? 201 : 200).send(transformShape(context, transform));
  });

  app.patch('/transforms/:transformName', (request) => {
    const properties = parseBody(bodySchema, request.body).properties ?? {};
    return transformShape(context, store.transaction(() => {
      const known = knownTransform(context, param(request, 'transformName'));
      const next: TransformRecord = {
        ...known,
        description: properties.description === undefined ? known.description : properties.description,
        outputs: outputsOf(properties) ?? known.outputs,
        modifiedAt: new Date().toISOString(),
      };
      store.transforms.replace(next);
      return next;
    }));
  });

  app.delete('/transforms/:transformName', (request, reply) => {
    const name = param(request, 'transformName');
    const removed = store.transaction(() => {
      const active = store.jobs.list({ transform_name: name }).find((job) => job.state === 'Processing' || job.state === 'Canceling');
      if (active !== undefined) throw conflict(`The job '${active.name}' of the transform '${name}' is being processed. Cancel it first.`);
      store.jobs.remove({ transform_name: name });
      return store.transforms.remove({ name });
    });
    return reply.code(removed === 0 ? 204 : 200).send();
  });
}

/** @throws ArmError 404 */
export function knownTransform(context: ArmContext, name: string): TransformRecord {
  const transform = context.store.transforms.find({ name });
  if (transform === undefined) throw resourceNotFound(TYPE, name);
  return transform;
}

function outputsOf(properties: Properties): TransformRecord['outputs'] | undefined {
  return properties.outputs?.map(({ onError, relativePriority, preset }) => ({
    onError: onError ?? 'StopProcessingJob', relativePriority: relativePriority ?? 'Normal', preset: { presetName: presetNameOf(preset) },
  }));
}

function presetNameOf(preset: z.infer<typeof presetSchema>): string {
  const offered = `The embedded service offers ${BUILT_IN_PRESET} with the preset names ${PRESET_NAMES.join(', ')}.`;
  if (preset['@odata.type'] !== BUILT_IN_PRESET) throw badRequest(`The preset '${preset['@odata.type'].slice(0, 64)}' is not supported. ${offered}`);
  const name = preset.presetName ?? '';
  if (!PRESET_NAMES.includes(name)) throw badRequest(`The preset name '${name}' is not supported. ${offered}`);
  return name;
}

function transformShape(context: ArmContext, transform: TransformRecord): object {
  return {
    name: transform.name,
    id: accountId(context, `/transforms/${transform.name}`),
    type: TYPE,
    properties: {
      created: transform.createdAt,
      ...(transform.description === null ? {} : { description: transform.description }),
      lastModified: transform.modifiedAt,
      outputs: transform.outputs.map(({ onError, relativePriority, preset }) => ({
        onError, relativePriority, preset: { '@odata.type': BUILT_IN_PRESET, 'presetName': preset.presetName },
      })),
    },
    systemData: systemData(transform.createdAt, transform.modifiedAt),
  };
}
