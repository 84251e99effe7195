// What the codes mean with which Media Services refuses or disconnects an encoder (its documentation of live event error codes).
import type { Retry } from './publishFailure.ts';

export type ServiceCode = { readonly meaning: string; readonly action: string; readonly retry: Retry };

const byItself = 'Fieldcast connects again by itself.';
const changeLadder = 'End the show and choose a ladder that the live event takes.';

const codes: Readonly<Record<string, ServiceCode>> = {
  MPE_RTMP_APPID_AUTH_FAILURE: standing('the access token is not the one of this live event', 'Copy the ingest address of the live event again.'),
  MPE_INGEST_ENCODER_CONNECTION_DENIED: standing('the live event does not accept this network address', 'Allow the public address of this network in the access control of the event’s input.'),
  MPE_INGEST_RTMP_SETDATAFRAME_NOT_RECEIVED: standing('the declared bitrates did not arrive', 'Reset the live event and start again.'),
  MPE_INGEST_CODEC_NOT_SUPPORTED: standing('the live event does not take this codec', 'Reset the live event and start again.'),
  MPE_INGEST_DESCRIPTION_INFO_NOT_RECEIVED: standing('media came before its headers', 'Reset the live event and start again.'),
  MPE_INGEST_MEDIA_QUALITIES_EXCEEDED: standing('there are more renditions than the live event takes, or another encoder declares other bitrates', changeLadder),
  MPE_INGEST_BITRATE_AGGREGATED_EXCEEDED: standing('all renditions together are more than the live event takes', changeLadder),
  MPE_INGEST_FRAMERATE_EXCEEDED: standing('the frame rate is higher than the live event takes', changeLadder),
  MPE_INGEST_VIDEO_RESOLUTION_NOT_SUPPORTED: standing('the picture is larger than the live event takes', changeLadder),
  MPE_INGEST_RTMP_TOO_LARGE_UNPROCESSED_FLV: passing('too much arrived at once, or too long without a keyframe', byItself),
  MPE_RTMP_FLV_TAG_TIMESTAMP_INVALID: passing('a timestamp is not possible', 'Check the clock of this computer.'),
  MPE_RTMP_SESSION_IDLE_TIMEOUT: passing('nothing arrived for too long', byItself),
  MPE_CAPACITY_LIMIT_REACHED: passing('media arrived faster than the service takes it', byItself),
  MPI_SYSTEM_MAINTENANCE: passing('this endpoint is in maintenance', 'Fieldcast goes on at the other endpoint by itself.'),
  MPI_REST_API_CHANNEL_STOP: passing('the live event was stopped', 'Start the live event again.'),
  MPI_REST_API_CHANNEL_RESET: passing('the live event was reset', byItself),
};

function standing(meaning: string, action: string): ServiceCode {
  return { meaning, action, retry: 'ifItWorkedBefore' };
}

function passing(meaning: string, action: string): ServiceCode {
  return { meaning, action, retry: 'always' };
}

/** The meaning of the first known code in what a server said. */
export function serviceCodeIn(text: string): ServiceCode | undefined {
  for (const [code] of text.matchAll(/\bMP[EI]_[A-Z_]{3,60}\b/g)) {
    if (Object.hasOwn(codes, code)) return codes[code];
  }
  return undefined;
}
