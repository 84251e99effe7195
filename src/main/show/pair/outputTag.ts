// The names of a show's public stream as one tag, so that whoever carries the show finds and ends the same one. Pure.
import { MAX_TAG_CHARS } from '../../../contract/eventTags.ts';

export type OutputNames = { readonly outputName: string; readonly assetName: string; readonly manifestName: string };

/** Undefined where the names are longer than a tag may be. */
export function outputTagOf({ outputName, assetName, manifestName }: OutputNames): string | undefined {
  const text = [outputName, assetName, manifestName].join(';');
  return text.length <= MAX_TAG_CHARS ? text : undefined;
}

export function outputOfTag(text: string | undefined): OutputNames | undefined {
  const [outputName = '', assetName = '', manifestName = '', ...rest] = (text ?? '').split(';');
  if (rest.length > 0 || [outputName, assetName, manifestName].some((name) => !/^[\w.-]{1,200}$/.test(name))) return undefined;
  return { outputName, assetName, manifestName };
}
