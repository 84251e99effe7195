// The rows of the service's store as the API half works with them. No wire shapes (see arm/*Shape.ts) and no storage here.

import type { ContentKey } from './keys/contentKeys.ts';
import type { MediaFilter } from './origin/mediaFilter.ts';

export type LiveEventResourceState = 'Creating' | 'Stopped' | 'Allocating' | 'StandBy' | 'Starting' | 'Running' | 'Stopping' | 'Deleting';
/** Creating, InProgress… as the real service reports them; `Failed` where a restart could not bring a resource back. */
export type ProvisioningState = 'InProgress' | 'Succeeded' | 'Failed';

type IpRange = { readonly name: string | null; readonly address: string | null; readonly subnetPrefixLength: number | null };
/** Kept and returned as given; null where the client sent none. */
export type AccessControl = { readonly ip: { readonly allow: readonly IpRange[] | null } | null };

type CrossSiteAccessPolicies = { readonly clientAccessPolicy: string | null; readonly crossDomainPolicy: string | null };

/** What a client may choose about a live event. */
export type LiveEventSpec = {
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly input: {
    readonly streamingProtocol: 'RTMP' | 'FragmentedMP4';
    /** As the client wrote it (with or without hyphens); {@link accessTokenKey} is what ingest compares. */
    readonly accessToken: string;
    readonly keyFrameIntervalDuration: string | null;
    readonly accessControl: AccessControl | null;
  };
  readonly preview: {
    readonly previewLocator: string;
    readonly streamingPolicyName: string | null;
    readonly alternativeMediaId: string | null;
    readonly accessControl: AccessControl | null;
  };
  readonly encodingType: 'None' | 'PassthroughBasic' | 'PassthroughStandard';
  readonly crossSiteAccessPolicies: CrossSiteAccessPolicies | null;
  readonly useStaticHostname: boolean;
  readonly hostnamePrefix: string | null;
  readonly streamOptions: readonly ('Default' | 'LowLatency')[];
};

export type LiveEventRecord = LiveEventSpec & {
  readonly name: string;
  readonly resourceState: LiveEventResourceState;
  readonly provisioningState: ProvisioningState;
  readonly createdAt: string;
  readonly modifiedAt: string;
};

export type LiveOutputRecord = {
  readonly eventName: string;
  readonly name: string;
  readonly description: string | null;
  readonly assetName: string;
  readonly archiveWindowLength: string;
  readonly archiveWindowSeconds: number;
  readonly rewindWindowLength: string | null;
  readonly manifestName: string;
  readonly hlsFragmentsPerTsSegment: number | null;
  readonly outputSnapTime: number;
  readonly resourceState: 'Creating' | 'Running' | 'Deleting';
  readonly provisioningState: ProvisioningState;
  readonly createdAt: string;
  readonly modifiedAt: string;
};

export type AssetRecord = {
  readonly name: string;
  readonly assetId: string;
  /** Name of the folder below the service's assets. */
  readonly container: string;
  readonly alternateId: string | null;
  readonly description: string | null;
  /** `event/output` of the one live output that has ever recorded into it. */
  readonly recordedBy: string | null;
  readonly createdAt: string;
  readonly modifiedAt: string;
};

export type StreamingLocatorRecord = {
  readonly name: string;
  readonly locatorId: string;
  readonly assetName: string;
  readonly streamingPolicyName: string;
  readonly startTime: string | null;
  readonly endTime: string | null;
  readonly alternativeMediaId: string | null;
  readonly filters: readonly string[];
  /** Of locators that encrypt; both are missing in records of earlier versions. */
  readonly contentKey?: ContentKey | null;
  readonly contentKeyPolicyName?: string | null;
  readonly createdAt: string;
};

/** Never changed once it is there. */
export type StreamingPolicyRecord = { readonly name: string; /** As they were sent, checked (arm/streamingPolicies.ts). */ readonly properties: object; readonly createdAt: string };

/** A filter of the account, or of one asset. */
export type MediaFilterRecord = MediaFilter & {
  readonly name: string;
  /** '' for those of the account. */
  readonly assetName: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
};

export type ContentKeyPolicyRecord = {
  readonly name: string;
  readonly policyId: string;
  readonly description: string | null;
  /** As they were sent, checked (arm/contentKeyPolicyRoutes.ts). Verification keys are secrets. */
  readonly options: readonly object[];
  readonly createdAt: string;
  readonly modifiedAt: string;
};

export type StreamingEndpointRecord = {
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly resourceState: 'Stopped' | 'Starting' | 'Running' | 'Stopping';
  readonly provisioningState: ProvisioningState;
  readonly createdAt: string;
  readonly modifiedAt: string;
};

/** What is made of an input: one built-in preset for each output asset. */
export type TransformRecord = {
  readonly name: string;
  readonly description: string | null;
  readonly outputs: readonly {
    readonly onError: 'StopProcessingJob' | 'ContinueJob';
    readonly relativePriority: 'Low' | 'Normal' | 'High';
    readonly preset: { readonly presetName: string };
  }[];
  readonly createdAt: string;
  readonly modifiedAt: string;
};

export type JobState = 'Queued' | 'Processing' | 'Finished' | 'Error' | 'Canceling' | 'Canceled';

export type JobOutputRecord = {
  readonly assetName: string;
  readonly label: string;
  readonly state: JobState;
  /** 0 to 100. */
  readonly progress: number;
  readonly error: { readonly code: string; readonly category: string; readonly retry: 'DoNotRetry' | 'MayRetry'; readonly detail: string; readonly message: string } | null;
  readonly startTime: string | null;
  readonly endTime: string | null;
};

export type JobRecord = {
  readonly transformName: string;
  readonly name: string;
  readonly description: string | null;
  readonly input: { readonly assetName: string; readonly files: readonly string[]; readonly label: string | null };
  readonly outputs: readonly JobOutputRecord[];
  readonly priority: 'Low' | 'Normal' | 'High';
  readonly correlationData: Readonly<Record<string, string>>;
  readonly state: JobState;
  readonly startTime: string | null;
  readonly endTime: string | null;
  readonly createdAt: string;
  readonly modifiedAt: string;
};

/** What a long operation is to do; enough of it is kept to finish it after a crash. */
export type OperationTask =
  | { readonly resource: 'liveEvent'; readonly eventName: string; readonly action: 'create'; readonly autoStart: boolean }
  | { readonly resource: 'liveEvent'; readonly eventName: string; readonly action: 'start' | 'update' | 'allocate' | 'reset' | 'delete' }
  | { readonly resource: 'liveEvent'; readonly eventName: string; readonly action: 'stop'; readonly removeOutputs: boolean }
  | { readonly resource: 'liveOutput'; readonly eventName: string; readonly outputName: string; readonly action: 'create' | 'delete' }
  | { readonly resource: 'streamingEndpoint'; readonly endpointName: string; readonly action: 'start' | 'stop' | 'update' };

export type OperationRecord = {
  readonly id: string;
  /** `liveEvent:name` or `streamingEndpoint:name` in lower case: one operation at a time for each scope, an event's outputs included. */
  readonly scope: string;
  readonly task: OperationTask;
  readonly status: 'InProgress' | 'Succeeded' | 'Failed';
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly target: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
};

/** The form of an access token that stands in ingest URLs and is compared: lower case without hyphens. */
export function accessTokenKey(accessToken: string): string {
  return accessToken.replaceAll('-', '').toLowerCase();
}
