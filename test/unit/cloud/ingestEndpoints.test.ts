// Which ingest URL is which: by the well-known ports, by order where the ports say nothing, and nothing from nonsense.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ingestEndpointsOf, protocolOf } from '../../../src/main/cloud/ingestEndpoints.ts';

const of = (...urls: string[]) => ingestEndpointsOf(urls.map((url) => ({ protocol: 'RTMP', url }))).map(({ role, secure, url }) => `${role} ${secure} ${url}`);

describe('ingestEndpointsOf', () => {
  it('knows the real service\'s four, in any order', () => {
    expect(of('rtmps://h:2936/live/t', 'rtmp://h:1935/live/t', 'rtmps://h:2935/live/t', 'rtmp://h:1936/live/t')).toEqual([
      'secondary true rtmps://h:2936/live/t', 'primary false rtmp://h:1935/live/t', 'primary true rtmps://h:2935/live/t', 'secondary false rtmp://h:1936/live/t',
    ]);
  });

  it('goes by order on other ports, for each scheme on its own', () => {
    expect(of('rtmp://h:4001/live/t', 'rtmp://h:4002/live/t', 'rtmps://h:4003/live/t/', 'rtmps://h:4004/live/t')).toEqual([
      'primary false rtmp://h:4001/live/t', 'secondary false rtmp://h:4002/live/t', 'primary true rtmps://h:4003/live/t', 'secondary true rtmps://h:4004/live/t',
    ]);
  });

  it('goes by order where the ports do not tell two hosts apart, and for a single one on the secondary port by its port', () => {
    expect(of('rtmps://a:2935/live/t', 'rtmps://b:2935/live/t')).toEqual(['primary true rtmps://a:2935/live/t', 'secondary true rtmps://b:2935/live/t']);
    expect(of('rtmp://h:1936/live/t')).toEqual(['secondary false rtmp://h:1936/live/t']);
    expect(of('rtmp://h/live/t', 'rtmps://h/live/t')).toEqual(['primary false rtmp://h/live/t', 'primary true rtmps://h/live/t']);
  });

  it('knows the publishing points of Smooth Streaming events', () => {
    const found = ingestEndpointsOf([{ protocol: 'FragmentedMP4', url: 'http://h/t/ingest.isml' }, { protocol: 'FragmentedMP4', url: 'https://h/t/ingest.isml/' }, { protocol: 'FragmentedMP4', url: 'https://h2/t/ingest.isml' }]);
    expect(found.map((one) => `${protocolOf(one)} ${one.role} ${one.secure} ${one.url}`)).toEqual([
      'smooth primary false http://h/t/ingest.isml', 'smooth primary true https://h/t/ingest.isml', 'smooth secondary true https://h2/t/ingest.isml',
    ]);
    expect(ingestEndpointsOf([{ url: 'rtmps://h:2935/live/t' }]).map(protocolOf)).toEqual(['rtmp']);
  });

  it('leaves out what is no ingest URL, and doubles', () => {
    expect(ingestEndpointsOf(null)).toEqual([]);
    expect(ingestEndpointsOf('rtmp://h/live/t')).toEqual([]);
    expect(ingestEndpointsOf([null, 1, {}, { url: null }, { url: 'nonsense' }, { url: 'http://h/preview.ism/manifest' }, { url: 'rtmp:///live' }])).toEqual([]);
    expect(of('rtmp://h:1935/live/t', 'rtmp://h:1935/live/t')).toHaveLength(1);
  });

  it('never throws, and has at most one primary for each scheme unless ports say so', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void ingestEndpointsOf(value)));
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 3000, max: 60_000 }), { maxLength: 6 }), (ports) => {
      const found = ingestEndpointsOf(ports.map((port) => ({ url: `rtmp://h:${port}/live/t` })));
      expect(found.filter((endpoint) => endpoint.role === 'primary')).toHaveLength(Math.min(1, ports.length));
    }));
  });
});
