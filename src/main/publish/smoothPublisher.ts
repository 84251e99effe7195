// A publisher whose endpoints speak Smooth Streaming ingest: fragmented MP4 in one long POST (Azure's Fragmented MP4 Live Ingest; MS-SSTR).
import type { Endpoint } from './carrier.ts';
import type { Proxy } from './proxyChoice.ts';
import { Publisher, type CarriedStream } from './publisher.ts';
import { defaultPublishTimeouts, type PublishTimeouts } from './publishTimeouts.ts';
import { SmoothConnection } from './smoothConnection.ts';
import { SmoothFeed } from './smoothFeed.ts';
import { smoothHeader } from './smoothHeader.ts';
import { describeSmoothTarget, parseSmoothUrl, type SmoothTarget } from './smoothUrl.ts';

export type SmoothPublisherOptions = CarriedStream & {
  /** `…/ingest.isml/streams(NAME)`. Holds the key: never in a log or an error. */
  readonly url: string;
  /** Other endpoints that take the same stream, tried in turn after a failure. */
  readonly alternateUrls?: readonly string[];
  /** A certificate authority to trust besides the usual ones, PEM. */
  readonly ca?: string | undefined;
  /** The proxy for a host, where there is one; nobody is asked where it is not given. */
  readonly proxyFor?: ((target: SmoothTarget) => Proxy | undefined) | undefined;
  /** What the server is told of the encoder. */
  readonly encoderName: string;
  readonly timeouts?: Partial<PublishTimeouts>;
};

export class SmoothPublisher extends Publisher {
  /** @throws OperatorError for a URL that cannot be used (see parseSmoothUrl); MediaFormatError for a decoder configuration that is none */
  constructor(options: SmoothPublisherOptions) {
    const { url, alternateUrls = [], video, audio } = options;
    const timeouts = { ...defaultPublishTimeouts, ...options.timeouts };
    // What cannot be described is said before anything is opened.
    smoothHeader(video, audio);
    const endpointAt = (one: string): Endpoint => endpointOf(parseSmoothUrl(one), options, timeouts);
    super({ ...options, policy: { ...options.policy, resendsLast: true } }, [endpointAt(url), ...alternateUrls.map(endpointAt)], timeouts);
  }
}

function endpointOf(target: SmoothTarget, { ca, proxyFor, video, audio, policy, encoderName }: SmoothPublisherOptions, timeouts: PublishTimeouts): Endpoint {
  return {
    label: describeSmoothTarget(target),
    open: (onProgress) => {
      const connection = new SmoothConnection({ target, ca, proxy: proxyFor?.(target), userAgent: encoderName, timeouts, onProgress });
      return { connection, carry: ({ backlog, headers }, events) => new SmoothFeed(connection, { backlog, headers, video, audio, trustsSocket: !policy.burstWelcome }, events) };
    },
  };
}
