// Joins the real rooms into what the stage and the conductor need. No decisions are taken here.
import type { Device } from '../../contract/device.ts';
import type { EncoderChoice } from '../../contract/encoder.ts';
import { OperatorError } from '../../contract/errors.ts';
import type { ForkHosted } from '../../contract/hosting.ts';
import path from 'node:path';
import { listDevices } from '../capture/devices.ts';
import { verifyArchive } from '../cloud/archiveVerifier.ts';
import { openArmDestination } from '../cloud/armDestination.ts';
import { createEmbeddedLiveService } from '../cloud/embeddedDestination.ts';
import { ensureEmbeddedService } from '../cloud/embeddedLauncher.ts';
import { waitUntilPlayable } from '../cloud/playbackProbe.ts';
import { Accounts } from '../cloud/signIn/accounts.ts';
import { openSystemBrowser } from '../cloud/signIn/systemBrowser.ts';
import type { LiveService } from '../cloud/liveService.ts';
import { locateFfmpeg } from '../ffmpeg/locate.ts';
import { configureReaper } from '../ffmpeg/reaperClient.ts';
import { MonitorHub } from '../monitor/monitorHub.ts';
import { RecordingBook } from '../record/recordingBook.ts';
import { AccountDesk } from './accountDesk.ts';
import { examine } from './doctor.ts';
import { EncoderBook, measuredEncoders } from './encoderBook.ts';
import { ableEncoder } from './pair/ableEncoder.ts';
import { openEngineLog } from './engineLog.ts';
import { JournalStore } from './journal.ts';
import { LiveChain } from './liveChain.ts';
import { createLocalEncoder } from './localEncoding.ts';
import { openHeadlessSecretStore } from '../secrets/headlessSecretStore.ts';
import { keptKey } from '../secrets/keptKey.ts';
import type { SecretStore } from '../secrets/secretStore.ts';
import { createStreamKeyDesk, keyedOutputs, keyedUrl } from './streamKeys.ts';
import { aboutAddress, plainTargets } from './plainDestination.ts';
import { createProtectionSecrets } from './protectionSecrets.ts';
import { createPlanning } from './planning.ts';
import { UplinkRecords } from './uplinkRecords.ts';
import { UploadQueue } from '../upload/uploadQueue.ts';
import { SourcePreviews } from './sourcePreview.ts';
import type { StageParts } from './stage.ts';
import { writeSupportBundle } from './support/supportBundle.ts';

export type EngineSettings = {
  readonly home: string;
  readonly version: string;
  readonly execPath: string;
  readonly entryPath: (name: string) => string;
  readonly onShutdown: () => void;
  /** Set where a desktop runs processes and keeps secrets for this engine. */
  readonly desktop?: { readonly fork: ForkHosted; readonly secrets: SecretStore } | undefined;
  /** A show begins, and is over. */
  readonly onShow?: (isRunning: boolean) => Promise<void>;
};

type OpenService = { readonly service: LiveService; readonly close: () => Promise<void> };

export function realStageParts(settings: EngineSettings): StageParts {
  const { home } = settings;
  if (settings.desktop !== undefined) configureReaper({ fork: settings.desktop.fork });
  const log = openEngineLog(home);
  const monitor = new MonitorHub();
  const recordings = new RecordingBook(home);
  const warn = (sentence: string): void => log.warn(sentence);
  const secrets = settings.desktop?.secrets ?? openHeadlessSecretStore({ home, choice: process.env['FIELDCAST_SECRETS'], warn });
  const accounts = new Accounts({ home, secrets, env: process.env, warn });
  const devices = async (signal: AbortSignal): Promise<readonly Device[]> => listDevices(await locateFfmpeg(), signal);

  async function openEmbedded(serviceHome: string | undefined, signal: AbortSignal, onProgress: (sentence: string) => void): Promise<OpenService> {
    onProgress('Starting the embedded service.');
    const handle = await ensureEmbeddedService({ home: serviceHome ?? home, execPath: settings.execPath, entry: settings.entryPath('service'), fork: settings.desktop?.fork, signal, log });
    return { service: createEmbeddedLiveService(handle), close: async () => handle.release() };
  }

  async function openArm(address: string): Promise<OpenService> {
    return { service: await openArmDestination(address, process.env, {
      chosen: async () => accounts.chosen(),
      credentialFor: async (endpoint, subscriptionId) => accounts.credentialFor(endpoint, subscriptionId),
      keyOf: async (name) => keptKey(name, process.env, secrets),
    }), close: async () => undefined };
  }

  const uploads = new UploadQueue({
    home,
    log,
    encodeLocally: createLocalEncoder({ findFfmpeg: async () => (await locateFfmpeg()).path }),
    openLibrary: async (destination, signal, onProgress) => {
      const { service, close } = destination.kind === 'embedded' ? await openEmbedded(destination.home, signal, onProgress) : await openArm(destination.address);
      return { library: service.library, ca: service.ca, close };
    },
  });

  const planning = createPlanning(new EncoderBook({ home, locate: locateFfmpeg }), locateFfmpeg);

  return {
    home,
    uploads,
    accounts: new AccountDesk({ accounts, openBrowser: openSystemBrowser, env: process.env, isKept: secrets.persistent }),
    streamKeys: createStreamKeyDesk(process.env, secrets),
    protectionSecrets: createProtectionSecrets(secrets),
    monitor,
    recordings,
    repairRecordings: async (isWritten) => recordings.repair((await locateFfmpeg()).path, isWritten),
    version: settings.version,
    journals: new JournalStore(home),
    planning,
    previews: new SourcePreviews({ hub: monitor, locate: locateFfmpeg }),
    encoderFor: async (ladder, wanted, signal) => {
      const measured = async (again: boolean): Promise<EncoderChoice> => {
        const report = await planning.encoders(ladder, again, true, signal);
        const refused = report?.encoders.filter((one) => one.verdict === 'refused').map((one) => one.sentence);
        return ableEncoder(ladder, wanted, report === undefined ? [] : measuredEncoders(report), refused);
      };
      // What was measured on a busy day is measured once more before it keeps an instance out.
      return measured(false).catch(async (error: unknown) => (error instanceof OperatorError && error.code === 'JOIN_ENCODER_UNABLE' ? measured(true) : Promise.reject(error)));
    },
    uplinks: new UplinkRecords(home),
    doctor: async (signal) => examine({ home, devices }, signal),
    writeReport: async (out, current) => writeSupportBundle({
      home, version: settings.version, env: process.env, secrets, current, ffmpeg: async () => locateFfmpeg(),
      doctor: async (signal) => examine({ home, devices }, signal),
    }, out),
    devices,
    onShutdown: settings.onShutdown,
    ...(settings.onShow === undefined ? {} : { onShow: settings.onShow }),
    openDestination: async (plan, signal, onProgress) => {
      switch (plan.destination.kind) {
        case 'embedded': return { kind: 'service', ...await openEmbedded(plan.destination.home, signal, onProgress) };
        case 'arm': return { kind: 'service', ...await openArm(plan.destination.address) };
        case 'rtmp': {
          const url = await keyedUrl(plan.destination, process.env, secrets);
          const { notes, warnings } = aboutAddress(url, plan.destination.platform, plan.ladder);
          for (const sentence of notes) onProgress(sentence);
          return { kind: 'rtmp', targets: plainTargets(plan.ladder, url), warnings };
        }
      }
    },
    openService: async (destination, signal) => {
      switch (destination.kind) {
        case 'embedded': return openEmbedded(destination.home, signal, () => undefined);
        case 'arm': return openArm(destination.address);
        case 'rtmp': throw new OperatorError('NO_EVENTS', 'A plain RTMP server has no live events.', 'Name an account: `embedded`, `arm` or `arm:ADDRESS`.');
      }
    },
    createChain: async (plan, events, eventName, instance) => new LiveChain(plan, await locateFfmpeg(), {
      onWarning: (failure) => {
        log.warn(failure);
        events.onWarning(failure);
      },
      onAlarm: (change) => {
        log.warn(change);
        events.onAlarm(change);
      },
      onSource: (event) => {
        if (event.type === 'mix') log.info(event);
        else if (event.state !== 'live') log.warn(event);
        events.onSource(event);
      },
      onEncoder: (event) => {
        log.info(event);
        events.onEncoder(event);
      },
      onSideOutput: (event) => {
        log.info(event);
        events.onSideOutput(event);
      },
      onFatal: (error) => {
        log.error({ message: error.message });
        events.onFatal(error);
      },
    }, eventName, monitor, path.join(home, 'spool'), instance, recordings, await keyedOutputs(plan.also ?? [], process.env, secrets)),
    waitUntilPlayable: async (url, options) => { await waitUntilPlayable(url, options); },
    readArchive: async (url, options) => (await verifyArchive(url, options)).tracks.map(
      ({ track, kind, frames, firstSeconds, lastSeconds, gaps, overlaps }) => ({ track, kind, frames, firstSeconds, lastSeconds, gaps: [...gaps], overlaps: [...overlaps] }),
    ),
  };
}
