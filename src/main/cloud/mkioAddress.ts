// The destination `mkio:…`: a project of MK.IO's current Media API, or a subscription of its earlier one (media-services.md §5.2).
import { OperatorError } from '../../contract/errors.ts';

export type MkioAddress = {
  /** `current`: `/api/v1/projects/<project>/media`; `legacy`: `/api/ams/<subscription>`. */
  readonly generation: 'current' | 'legacy';
  readonly origin: string;
  /** Of the project or subscription. */
  readonly name: string;
  readonly eventName: string | undefined;
  /** Region of new events, for the earlier API. */
  readonly location: string | undefined;
  /** Storage of new assets, where the account has several. */
  readonly storage: string | undefined;
};

const SHAPE = 'mkio:project/NAME or mkio:subscription/NAME, with ?event=NAME, ?location=REGION and ?storage=NAME where wanted';
const ORIGINS = { current: 'https://app.mk.io', legacy: 'https://api.mk.io' } as const;

/** Reads `mkio:[https://HOST/]project/NAME` or `…subscription/NAME`. @throws OperatorError BAD_DESTINATION */
export function parseMkioAddress(text: string): MkioAddress {
  const [, base, kind = '', name = '', query = ''] = /^mkio:(https?:\/\/[^/?#@]+\/)?(project|subscription)\/([\w.-]{1,90})(?:\?(.*))?$/i.exec(text.trim()) ?? [];
  if (kind === '' || (base !== undefined && !URL.canParse(base))) throw bad('is no project and no subscription of MK.IO');
  const parameters = new URLSearchParams(query);
  const stranger = [...parameters.keys()].find((key) => !['event', 'location', 'storage'].includes(key));
  if (stranger !== undefined) throw bad(`has an unknown parameter “${stranger}”`);
  const value = (key: string, pattern: RegExp): string | undefined => {
    const given = parameters.get(key) ?? undefined;
    if (given !== undefined && !pattern.test(given)) throw bad(`has a value for “${key}” that cannot be one`);
    return given;
  };
  const generation = kind.toLowerCase() === 'project' ? 'current' : 'legacy';
  const location = value('location', /^[a-z0-9 ]{1,64}$/i);
  if (generation === 'legacy' && location === undefined) throw bad('names no region, which the earlier API of MK.IO wants for a new event (?location=francecentral)');
  return {
    generation, name, location,
    origin: base === undefined ? ORIGINS[generation] : new URL(base).origin,
    eventName: value('event', /^(?=.{1,32}$)[a-zA-Z0-9]+(-*[a-zA-Z0-9])*$/),
    storage: value('storage', /^[\w.-]{1,90}$/),
  };
}

function bad(why: string): OperatorError {
  return new OperatorError('BAD_DESTINATION', `The destination ${why}.`, `Write it as ${SHAPE}.`);
}
