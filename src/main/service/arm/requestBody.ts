// Reading request bodies: zod at the border, one sentence that names the wrong property.
import { z } from 'zod';
import { badRequest } from './armError.ts';

/** ARM's limits for tags: 50 of them, names to 512 and values to 256 characters. */
export const tagsSchema = z
  .record(z.string().min(1).max(512), z.string().max(256))
  .refine((tags) => Object.keys(tags).length <= 50, 'A resource has at most 50 tags.');

/** Longest description that is kept. */
export const descriptionSchema = z.string().max(4096);

/**
 * The body as `schema` describes it; unknown properties are dropped, as the real service does.
 *
 * @throws ArmError 400 naming the first property that is wrong.
 */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'The request content' : `The value of '${issue.path.join('.')}'`;
  throw badRequest(`${where} is invalid: ${issue?.message ?? 'it does not have the expected form'}.`, 'InvalidRequestContent');
}

/** ARM: every tracked resource names its location. @throws ArmError 400 */
export function requiredLocation(location: string | null | undefined): string {
  if (location === undefined || location === null || location === '') {
    throw badRequest('The location property is required for this definition.', 'LocationRequired');
  }
  return location;
}
