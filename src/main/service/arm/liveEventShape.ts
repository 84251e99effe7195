// A live event and a live output as the API answers them (specs: liveevent-create, liveevent-list-by-name, liveoutput-create).
import { accessTokenKey, type LiveEventRecord, type LiveOutputRecord } from '../records.ts';
import type { ArmContext, ServiceAddresses } from './context.ts';
import { accountId, systemData } from './resourceShape.ts';

/** Wire form of a live event; unset values are explicit nulls as in the real service. */
export function liveEventShape(context: ArmContext, event: LiveEventRecord): object {
  const runs = event.resourceState === 'Running';
  return {
    name: event.name,
    id: accountId(context, `/liveevents/${event.name}`),
    type: 'Microsoft.Media/mediaservices/liveevents',
    location: event.location,
    tags: event.tags,
    properties: {
      description: event.description ?? '',
      resourceState: event.resourceState,
      provisioningState: event.provisioningState,
      created: event.createdAt,
      lastModified: event.modifiedAt,
      useStaticHostname: event.useStaticHostname,
      ...(event.hostnamePrefix === null ? {} : { hostnamePrefix: event.hostnamePrefix }),
      streamOptions: event.streamOptions,
      input: {
        keyFrameIntervalDuration: event.input.keyFrameIntervalDuration,
        streamingProtocol: event.input.streamingProtocol,
        accessToken: event.input.accessToken,
        endpoints: runs ? ingestEndpoints(context.addresses, event.input.streamingProtocol, accessTokenKey(event.input.accessToken)) : [],
        ...(event.input.accessControl === null ? {} : { accessControl: event.input.accessControl }),
      },
      preview: {
        previewLocator: event.preview.previewLocator,
        streamingPolicyName: event.preview.streamingPolicyName,
        ...(event.preview.alternativeMediaId === null ? {} : { alternativeMediaId: event.preview.alternativeMediaId }),
        ...(event.preview.accessControl === null ? {} : { accessControl: event.preview.accessControl }),
        endpoints: runs ? [{ protocol: 'FragmentedMP4', url: previewUrl(context.addresses, event.preview.previewLocator) }] : [],
      },
      encoding: { encodingType: event.encodingType, presetName: null },
      crossSiteAccessPolicies: event.crossSiteAccessPolicies ?? { clientAccessPolicy: null, crossDomainPolicy: null },
    },
    systemData: systemData(event.createdAt, event.modifiedAt),
  };
}

export function liveOutputShape(context: ArmContext, output: LiveOutputRecord): object {
  return {
    name: output.name,
    id: accountId(context, `/liveevents/${output.eventName}/liveoutputs/${output.name}`),
    type: 'Microsoft.Media/mediaservices/liveevents/liveoutputs',
    properties: {
      description: output.description ?? '',
      assetName: output.assetName,
      archiveWindowLength: output.archiveWindowLength,
      manifestName: output.manifestName,
      outputSnapTime: output.outputSnapTime,
      resourceState: output.resourceState,
      // An archive that cannot be written is told the same way as one that could not be resumed.
      provisioningState: context.plane.outputFailure(output.eventName, output.name) === undefined ? output.provisioningState : 'Failed',
      created: output.createdAt,
      lastModified: output.modifiedAt,
      hls: output.hlsFragmentsPerTsSegment === null ? null : { fragmentsPerTsSegment: output.hlsFragmentsPerTsSegment },
      rewindWindowLength: output.rewindWindowLength,
    },
    systemData: systemData(output.createdAt, output.modifiedAt),
  };
}

/** The documented order: rtmp primary, rtmp secondary, rtmps primary, rtmps secondary (media-services.md §4.3). */
function ingestEndpoints(addresses: ServiceAddresses, protocol: 'RTMP' | 'FragmentedMP4', token: string): object[] {
  if (protocol === 'FragmentedMP4') {
    return [['http', addresses.http], ['https', addresses.https]].map(([scheme, port]) => ({ protocol, url: `${scheme}://${addresses.host}:${String(port)}/${token}/ingest.isml` }));
  }
  const of = (scheme: 'rtmp' | 'rtmps', port: number): object => ({ protocol: 'RTMP', url: `${scheme}://${addresses.host}:${String(port)}/live/${token}` });
  return [of('rtmp', addresses.rtmp[0]), of('rtmp', addresses.rtmp[1]), of('rtmps', addresses.rtmps[0]), of('rtmps', addresses.rtmps[1])];
}

function previewUrl(addresses: ServiceAddresses, previewLocator: string): string {
  return `https://${addresses.host}:${String(addresses.https)}/${previewLocator}/preview.ism/manifest`;
}
