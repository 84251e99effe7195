// What a server's refusal means: its own code in a sentence, and whether asking again makes sense.
import type { RtmpClientEvent } from '../rtmp/rtmpClientSession.ts';
import { PublishFailure, type Retry } from './publishFailure.ts';
import { serviceCodeIn } from './serviceCodes.ts';

/** Codes of servers are letters; anything else is text that may quote a key. */
const STATUS_CODE = /^Net(Connection|Stream)\.[A-Za-z.]{1,60}$/;
const MAX_DESCRIPTION = 200;

/** `ifItWorkedBefore`: after a broken connection a server may hold the old one for a while and call the name taken. */
const standing: Readonly<Record<string, Retry>> = {
  'NetConnection.Connect.Rejected': 'ifItWorkedBefore',
  'NetConnection.Connect.InvalidApp': 'ifItWorkedBefore',
  'NetStream.Publish.BadName': 'ifItWorkedBefore',
  'NetStream.Publish.Denied': 'ifItWorkedBefore',
  'NetStream.Publish.Unauthorized': 'ifItWorkedBefore',
  'NetStream.Authenticate.UsherFailed': 'ifItWorkedBefore',
};

/**
 * @param host host and port
 * @param redact hides keys by value
 */
export function failureOfRefusal(event: Extract<RtmpClientEvent, { type: 'refused' }>, host: string, redact: (text: string) => string): PublishFailure {
  const code = STATUS_CODE.test(event.code) ? event.code : redact(event.code).slice(0, MAX_DESCRIPTION);
  const description = redact(event.description).replaceAll(/[\s\p{Cc}]+/gu, ' ').trim().slice(0, MAX_DESCRIPTION);
  const quoted = [code, description].filter((text) => text !== '').join(': ') || 'no reason given';
  const known = serviceCodeIn(`${event.code} ${event.description}`);
  const because = known === undefined ? '' : `: ${known.meaning}`;
  if (event.stage === 'publishing') {
    return new PublishFailure(
      'PUBLISH_ENDED_BY_SERVER', `${host} ended the stream${because} (${quoted}).`,
      known?.action ?? 'Check that the live event still runs. Fieldcast connects again by itself.',
    );
  }
  return new PublishFailure(
    'PUBLISH_REJECTED', `${host} refused the stream${because} (${quoted}).`,
    known?.action ?? 'Check the stream key and the stream name, and that nobody else sends this stream.', known?.retry ?? standing[event.code] ?? 'always',
  );
}
