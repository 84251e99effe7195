// What the handlers of the API work with, put together once by the process.
import type { JobRunner } from '../jobs/jobRunner.ts';
import type { SetPackager } from '../jobs/setPackager.ts';
import type { MediaPlane } from '../mediaPlane.ts';
import type { ServiceLog } from '../serviceLog.ts';
import type { Store } from '../store.ts';
import type { OperationRunner } from './operationRunner.ts';

/** The one account that the service is. Compared without case in paths. */
export type ServiceAccount = {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly accountName: string;
  readonly location: string;
  readonly mediaServiceId: string;
  readonly createdAt: string;
};

/** Documented account limits (media-services.md §4.1) and the size of a list's page. */
export type ServiceLimits = {
  readonly liveEvents: number;
  readonly outputsPerEvent: number;
  readonly locatorsPerAsset: number;
  readonly pageSize: number;
};

export const DEFAULT_LIMITS: ServiceLimits = { liveEvents: 5, outputsPerEvent: 3, locatorsPerAsset: 100, pageSize: 100 };

/** Where the service listens, as URLs and answers name it. */
export type ServiceAddresses = {
  readonly host: string;
  readonly https: number;
  readonly http: number;
  /** Primary and secondary. */
  readonly rtmp: readonly [number, number];
  readonly rtmps: readonly [number, number];
};

export type ArmContext = {
  readonly store: Store;
  readonly plane: MediaPlane;
  readonly operations: OperationRunner;
  readonly jobs: JobRunner;
  /** Makes uploaded sets playable when their addresses are asked for. */
  readonly sets: SetPackager;
  readonly account: ServiceAccount;
  readonly limits: ServiceLimits;
  readonly addresses: ServiceAddresses;
  /** Parent of all asset folders. */
  readonly assetsDir: string;
  readonly log: ServiceLog;
};
