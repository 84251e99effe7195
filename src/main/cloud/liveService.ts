// What a show needs from any service that takes a live event, whoever runs it. Adapters implement it; the conductor knows nothing else.
import type { MadeProtection, ProtectionEntry, ProtectionForm } from '../../contract/contentProtection.ts';
import type { FilterEntry, FilterForm, FilterScope } from '../../contract/mediaFilter.ts';
import type { IngestProtocol } from '../../contract/ingest.ts';
import type { AssetPlayback, Protection } from '../../contract/upload.ts';
import type { EndpointChange, EndpointStatus, EventSettings, EventType } from '../../contract/eventSettings.ts';
import type { LiveOutputStatus } from '../../contract/liveOutput.ts';
import type { LibraryAsset, LibraryListing } from '../../contract/library.ts';

/** Facts about a service that decide how a show treats it. */
export type ServiceCapabilities = {
  /** True where a backlog may be sent faster than real time after a reconnect (never true for clouds: MPE_CAPACITY_LIMIT_REACHED). */
  readonly burstWelcome: boolean;
  readonly canReset: boolean;
  readonly canAllocate: boolean;
  /** False where an event stays as it was created, its tags too: then instances cannot agree through them. */
  readonly canUpdate: boolean;
  /** True where `…/ingest.isml/eventdata` takes timed data over HTTPS. */
  readonly eventData: boolean;
  /** `one`: an event takes a single stream. */
  readonly streams: 'each rendition' | 'one';
  /** Where the access token goes: it stands in the ingest address, or it is what the stream is called. */
  readonly streamKey: 'in address' | 'as stream name';
  /** What stands behind one another in an event's addresses; only a secondary one can take over. */
  readonly endpoints: 'primary and secondary' | 'one of each scheme';
  /** True where it has calls that tell what it receives of each track (2022-11-01); else its preview is looked at. */
  readonly heartbeats: boolean;
  readonly eventTypes: readonly EventType[];
  /** How the service writes the largest of them. */
  readonly premiumType: 'Premium1080p' | 'Premium1080P';
  /** For which events `LowLatency` is offered. */
  readonly lowLatency: 'every type' | 'pass-through';
  readonly lowLatencyV2: boolean;
  readonly transcribes: boolean;
  /** What a missing rule means; a rule is sent in any case. */
  readonly allowAllByNoRule: boolean;
  /** True where a live event may be fed with fragmented MP4 (`streamingProtocol` FragmentedMP4). */
  readonly smoothIngest: boolean;
  /** How long a start may take before it is called failed, ms. */
  readonly startTimeoutMs: number;
  /** How often the instances of a show may write to its event, ms. */
  readonly heartbeatMs: number;
};

export type LiveEventState =
  | 'Stopped' | 'Allocating' | 'StandBy' | 'Starting' | 'Running' | 'Stopping' | 'Deleting';

/** One ingest URL in the service's order, RTMP(S) or a Smooth Streaming publishing point (`http(s)://…/ingest.isml`); it holds the access token, so it never leaves the engine unredacted. */
export type IngestEndpoint = { readonly role: 'primary' | 'secondary'; readonly secure: boolean; readonly url: string; /** What the one stream must be called there. */ readonly streamName?: string };

export type LiveEventInfo = {
  readonly name: string;
  readonly state: LiveEventState;
  readonly tags: Readonly<Record<string, string>>;
  readonly ingest: readonly IngestEndpoint[];
  /** HLS CMAF manifest of the preview, present once the event runs. */
  readonly previewHlsUrl: string | undefined;
  readonly createdAt: Date | undefined;
  /** Entity tag of this reading, where the service gives one: a condition for {@link LiveService.swapEventTags}. */
  readonly version?: string;
};

/** `changed`: somebody else wrote in between, read again. `busy`: the service takes no change now. */
export type TagSwap = 'written' | 'changed' | 'busy';

/** This computer's clock + offset = the service's clock, give or take the uncertainty. */
export type ClockReading = { readonly offsetMs: number; readonly uncertaintyMs: number };

export type PlaybackUrls = { readonly hls: string; readonly dash: string };

export type Progress = (sentence: string) => void;
/** What is written down of a long operation, so that it can be taken up after a crash: which one, and the poller's state once there is one. */
export type OperationTrace = { readonly attempt: string; readonly token?: string | undefined };
/**
 * `onTrace` is awaited before an operation is asked for, and whenever its poller has a new state; `resumeFrom` is the last that it was told.
 * A trace of another operation is left aside.
 */
export type OperationOptions = {
  readonly signal: AbortSignal;
  readonly onProgress: Progress;
  readonly resumeFrom?: OperationTrace;
  readonly onTrace?: (trace: OperationTrace) => Promise<void>;
};

/** Who may push or see the preview. */
export type IpRule = { readonly name: string; readonly address: string; readonly subnetPrefixLength: number };

/** `settleMs`: how long a stream may take to appear that is known to be one; a moment by default. */
export type PublishOptions = OperationOptions & { readonly settleMs?: number };

/** How an asset becomes public. */
export type PublicationChoice = {
  readonly protection: Protection;
  /** Name of a protection that was made before; it goes before `protection`. */
  readonly policy?: string | undefined;
  /** Filters that hold for all its viewers. */
  readonly filters?: readonly string[];
};

export type CreateEvent = {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** 32 hex digits: fixed, so that the ingest URL is the same after a stop and start. */
  readonly accessToken: string;
  readonly keyFrameIntervalSeconds: number;
  readonly settings?: Pick<EventSettings, 'type' | 'hostnamePrefix' | 'streamOption' | 'transcribe'>;
  /** Default: everyone, by a rule that says so. */
  readonly ingestAllow?: readonly IpRule[] | undefined;
  readonly previewAllow?: readonly IpRule[] | undefined;
  /** RTMP where nothing is said. */
  readonly protocol?: IngestProtocol;
};

export type CreateOutput = {
  readonly eventName: string;
  readonly outputName: string;
  readonly assetName: string;
  readonly manifestName: string;
  readonly archiveWindowSeconds: number;
  /** GUID under which viewers find it; by default one that follows from the account and the asset's name. */
  readonly locatorId?: string;
  readonly rewindWindowSeconds?: number;
  readonly publicFrom?: Date;
  readonly publicUntil?: Date;
  /** One that does not encrypt; `Predefined_ClearStreamingOnly` where it is missing. */
  readonly streamingPolicy?: string;
};

export type EncodeAsset = OperationOptions & {
  readonly assetName: string;
  /** Made where it is missing; what is encoded lies in it afterwards. */
  readonly outputAssetName: string;
  /** The same name again goes on with what was begun. */
  readonly jobName: string;
  /** Of the service's built-in encoder presets. */
  readonly presetName: string;
  /** 0 to 1 */
  readonly onShare: (share: number) => void;
};

/** Assets of the account: where files go, and how they become public. */
export interface MediaLibrary {
  ensureAsset(assetName: string, signal: AbortSignal): Promise<void>;
  /** Deletes the asset with all its files and locators; done as well when it is gone. */
  deleteAsset(assetName: string, signal: AbortSignal): Promise<void>;
  /** Newest first, with what depends on each. */
  listAssets(search: string | undefined, signal: AbortSignal): Promise<LibraryListing>;
  readAsset(assetName: string, signal: AbortSignal): Promise<LibraryAsset>;
  /** Takes its addresses back; resolves with how many there were. The media stays. */
  unpublishAsset(assetName: string, signal: AbortSignal): Promise<number>;
  /** A fresh container URL with the right to read and write. It is a secret. */
  writableContainer(assetName: string, signal: AbortSignal): Promise<string>;
  /** Encodes the media file of one asset into another; see assetEncoding.ts. */
  encodeAsset(encode: EncodeAsset): Promise<void>;
  cancelEncoding(presetName: string, jobName: string, signal: AbortSignal): Promise<void>;
  /** Makes the asset public and names its streams. Rejects with NOT_STREAMABLE where it holds none. */
  publishAsset(assetName: string, choice: PublicationChoice, options: PublishOptions): Promise<AssetPlayback>;
  /** The addresses that it has, whatever its protection. Rejects with NOT_PUBLIC where there are none. */
  addresses(assetName: string, options: PublishOptions): Promise<AssetPlayback>;
  /** Gives the addresses of one asset's stream to another's, whose manifest must have the same name; viewers notice nothing but the new content. */
  moveAddresses(fromAssetName: string, toAssetName: string, options: PublishOptions): Promise<AssetPlayback>;
  /** For a player that has to show a token to get the key of an asset that was published with `token`. A secret. */
  /** Of the account, or of one asset. */
  listFilters(scope: FilterScope, signal: AbortSignal): Promise<readonly FilterEntry[]>;
  putFilter(scope: FilterScope, name: string, form: FilterForm, signal: AbortSignal): Promise<void>;
  /** Rejects with FILTER_IN_USE where addresses need it, unless that is known. */
  removeFilter(scope: FilterScope, name: string, evenIfUsed: boolean, signal: AbortSignal): Promise<void>;
  listProtections(signal: AbortSignal): Promise<readonly ProtectionEntry[]>;
  /** `secrets`: values of those that the form names. Rejects with PROTECTION_INVALID and every problem. */
  putProtection(name: string, form: ProtectionForm, secrets: ReadonlyMap<string, string>, signal: AbortSignal): Promise<MadeProtection>;
  removeProtection(name: string, signal: AbortSignal): Promise<void>;
  testToken(assetName: string, lifeSeconds: number, signal: AbortSignal): Promise<string>;
}

/** One track as the service received it. */
export type ArrivedTrack = {
  readonly track: string;
  readonly kind: 'video' | 'audio';
  readonly declaredKbps: number;
  readonly incomingKbps: number | undefined;
  /** Since its last media arrived, when the service last looked (every 20 s). */
  readonly ageSeconds: number | undefined;
  /** Gaps that the service has found in it since it was first asked; undefined where it does not count them. */
  readonly gaps: number | undefined;
};

export type ServiceHealth = {
  readonly from: 'telemetry' | 'preview';
  readonly verdict: 'excellent' | 'good' | 'poor' | 'unknown';
  /** The service's own words. */
  readonly sentences: readonly string[];
  readonly tracks: readonly ArrivedTrack[];
  /** True when the live output has stopped recording. */
  readonly archiveFailed: boolean;
};

export interface LiveService {
  readonly label: string;
  readonly capabilities: ServiceCapabilities;
  /** Rejects with an OperatorError when the account cannot be reached or used. */
  checkAccount(signal: AbortSignal): Promise<void>;
  listEvents(signal: AbortSignal): Promise<readonly LiveEventInfo[]>;
  getEvent(name: string, signal: AbortSignal): Promise<LiveEventInfo | undefined>;
  /** Creates the event, or returns it as it is when one of that name exists. */
  ensureEvent(event: CreateEvent, options: OperationOptions): Promise<LiveEventInfo>;
  /** Adds the given tags to the event's own; a tag that is not named stays. */
  updateEventTags(name: string, tags: Readonly<Record<string, string>>, options: OperationOptions): Promise<LiveEventInfo>;
  /**
   * Replaces the tags if the event still is as it was read. Where a service gives no version the write is unconditional: what holds is
   * what is read afterwards.
   */
  swapEventTags(event: Pick<LiveEventInfo, 'name' | 'version'>, tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<TagSwap>;
  /** Compares this computer's clock with the service's; takes seconds where it tells whole seconds only. */
  readClock(signal: AbortSignal): Promise<ClockReading>;
  /** Starts a stopped event; returns at once when it runs already. */
  startEvent(name: string, options: OperationOptions): Promise<LiveEventInfo>;
  stopEvent(name: string, removeOutputs: boolean, options: OperationOptions): Promise<void>;
  deleteEvent(name: string, options: OperationOptions): Promise<void>;
  /** Brings a stopped event to StandBy, from where it starts quickly; costs less than running. */
  allocateEvent(name: string, options: OperationOptions): Promise<void>;
  /**
   * Lets a running event forget the tracks that it knows; its outputs end, its recordings stay. Where the service cannot, it is stopped and
   * started again, if `byStopping` consents to that. Rejects with RESET_NEEDS_CONSENT otherwise.
   */
  resetEvent(name: string, byStopping: boolean, options: OperationOptions): Promise<void>;
  listEndpoints(signal: AbortSignal): Promise<readonly EndpointStatus[]>;
  /** Starts, stops, scales a streaming endpoint, or changes its CDN, in the order in which that is possible. */
  changeEndpoint(change: EndpointChange, options: OperationOptions): Promise<EndpointStatus>;
  /** Creates asset, live output and streaming locator (each only if it is missing) and makes sure that a streaming endpoint runs. */
  publish(output: CreateOutput, options: OperationOptions): Promise<{ readonly locatorId: string; readonly urls: PlaybackUrls }>;
  /** What records the event now; `ownName` is told apart. Empty for an event that is gone. */
  listOutputs(eventName: string, ownName: string | undefined, signal: AbortSignal): Promise<readonly LiveOutputStatus[]>;
  /** Deletes the live output; its asset stays as on-demand video. */
  endOutput(eventName: string, outputName: string, options: OperationOptions): Promise<void>;
  /** Gives viewers of a running event a piece of JSON at once (media-services.md §4.3). Only with the capability `eventData`. */
  sendEventData(eventName: string, json: string, signal: AbortSignal): Promise<void>;
  readonly library: MediaLibrary;
  /** What the service receives of a running event. Rejects where it cannot be asked. */
  readHealth(event: Pick<LiveEventInfo, 'name' | 'previewHlsUrl'>, outputName: string | undefined, signal: AbortSignal): Promise<ServiceHealth>;
  /** Extra CA (PEM) that ingest and playback need, for the embedded service. */
  readonly ca: string | undefined;
}
