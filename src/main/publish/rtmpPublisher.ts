// A publisher whose endpoints speak RTMP(S).
import { ConnectionFeed } from './connectionFeed.ts';
import type { Endpoint } from './carrier.ts';
import type { Proxy } from './proxyChoice.ts';
import { Publisher, type CarriedStream } from './publisher.ts';
import { defaultPublishTimeouts, type PublishTimeouts } from './publishTimeouts.ts';
import { RtmpConnection } from './rtmpConnection.ts';
import { describeTarget, parseRtmpUrl, type RtmpTarget } from './rtmpUrl.ts';

export type PublisherOptions = CarriedStream & {
  /** Holds the key: never in a log or an error. */
  readonly url: string;
  /** Other endpoints that take the same stream, tried in turn after a failure. */
  readonly alternateUrls?: readonly string[];
  /** Where it is not the last segment of the URLs. */
  readonly streamName?: string;
  /** A certificate authority to trust besides the usual ones, PEM. */
  readonly ca?: string | undefined;
  /** The proxy for a host, where there is one; nobody is asked where it is not given. */
  readonly proxyFor?: ((target: RtmpTarget) => Proxy | undefined) | undefined;
  /** `encoder` of the metadata. */
  readonly encoderName: string;
  readonly timeouts?: Partial<PublishTimeouts>;
};

/** The server is asked to acknowledge about four times a second of the declared bitrate, within these bounds. */
const ACK_WINDOWS_PER_SECOND = 4;
const MIN_ACK_WINDOW_BYTES = 16 << 10;
const MAX_ACK_WINDOW_BYTES = 256 << 10;

export class RtmpPublisher extends Publisher {
  /** @throws OperatorError for a URL that cannot be used (see parseRtmpUrl) */
  constructor(options: PublisherOptions) {
    const { url, alternateUrls = [], streamName } = options;
    const timeouts = { ...defaultPublishTimeouts, ...options.timeouts };
    const endpointAt = (one: string): Endpoint => endpointOf(parseRtmpUrl(one, streamName), options, timeouts);
    super(options, [endpointAt(url), ...alternateUrls.map(endpointAt)], timeouts);
  }
}

function endpointOf(target: RtmpTarget, { ca, proxyFor, video, audio, encoderName }: PublisherOptions, timeouts: PublishTimeouts): Endpoint {
  const bytesPerSecond = (video.declaredKbps + audio.declaredKbps) * 125;
  const ackWindowBytes = Math.round(Math.min(MAX_ACK_WINDOW_BYTES, Math.max(MIN_ACK_WINDOW_BYTES, bytesPerSecond / ACK_WINDOWS_PER_SECOND)));
  return {
    label: describeTarget(target),
    open: (onProgress) => {
      const connection = new RtmpConnection({ target, ca, proxy: proxyFor?.(target), ackWindowBytes, bytesPerSecond, timeouts, onProgress });
      return {
        connection,
        carry: ({ backlog, cues, headers }, events) => new ConnectionFeed(connection, backlog, { video, audio, headers, encoderName, ackWindowBytes, cues }, events),
      };
    },
  };
}
