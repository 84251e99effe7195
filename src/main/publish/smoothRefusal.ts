// What an HTTP answer to a Smooth Streaming POST means: the service's own code in a sentence, and whether asking again makes sense.
import { PublishFailure, type Retry } from './publishFailure.ts';
import { serviceCodeIn } from './serviceCodes.ts';

export type SmoothAnswer = { readonly status: number; /** The beginning of its body. */ readonly body: string };

const MAX_QUOTED = 200;

/** Refusals that stand; everything else may pass, and the documentation asks for unlimited attempts. */
const STANDING: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 410, 411, 415, 501]);

export function isAccepted({ status }: SmoothAnswer): boolean {
  return status >= 200 && status < 300;
}

/**
 * @param when `probe`: the empty POST that asks; `stream`: media was on its way
 * @param host host and port
 * @param redact hides keys by value
 */
export function failureOfAnswer(answer: SmoothAnswer, when: 'probe' | 'stream', host: string, redact: (text: string) => string): PublishFailure {
  const { status, body } = answer;
  const known = serviceCodeIn(body);
  const because = known === undefined ? '' : `: ${known.meaning}`;
  const quoted = [`HTTP ${status}`, textOf(redact(body))].filter((part) => part !== '').join(', ');
  if (when === 'stream') {
    return new PublishFailure(
      'PUBLISH_ENDED_BY_SERVER', `${host} ended the stream${because} (${quoted}).`,
      known?.action ?? 'Check that the live event still runs. Fieldcast connects again by itself.', known?.retry ?? 'always',
    );
  }
  const retry: Retry = known?.retry ?? (STANDING.has(status) ? 'ifItWorkedBefore' : 'always');
  return new PublishFailure(
    'PUBLISH_REJECTED', `${host} refused the stream${because} (${quoted}).`,
    known?.action ?? actionFor(status), retry,
  );
}

function actionFor(status: number): string {
  if (status === 401 || status === 403) return 'Copy the ingest address of the live event again, and check who may publish to it.';
  if (status === 404 || status === 410) return 'Check that the live event runs and that its input protocol is FragmentedMP4.';
  if (status >= 300 && status < 400) return 'Use the address that it points to; ingest addresses are not followed.';
  return 'Check that the live event runs. Fieldcast asks again by itself.';
}

/** Letters of an error of the API (`{"error":{"code","message"}}`), else nothing: a page says nothing to an operator. */
function textOf(body: string): string {
  const text = /"message"\s*:\s*"([^"\\]{1,400})"/.exec(body)?.[1] ?? (/[<{]/.test(body) ? '' : body);
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim().slice(0, MAX_QUOTED);
}
