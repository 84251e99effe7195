// Joins the real rooms into what the stage and the conductor need. No decisions are taken here.
import { listDevices } from '../capture/devices.ts';
import { verifyArchive } from '../cloud/archiveVerifier.ts';
import { openArmDestination } from '../cloud/armDestination.ts';
import { createEmbeddedLiveService } from '../cloud/embeddedDestination.ts';
import { ensureEmbeddedService } from '../cloud/embeddedLauncher.ts';
import { waitUntilPlayable } from '../cloud/playbackProbe.ts';
import { Accounts } from '../cloud/signIn/accounts.ts';
import { locateFfmpeg } from '../ffmpeg/locate.ts';
import { MonitorHub } from '../monitor/monitorHub.ts';
import { examine } from './doctor.ts';
import { openEngineLog } from './engineLog.ts';
import { JournalStore } from './journal.ts';
import { LiveChain } from './liveChain.ts';
import { openHeadlessSecretStore } from '../secrets/headlessSecretStore.ts';
import { plainTargets } from './plainDestination.ts';
import type { OpenDestination } from './showRun.ts';
import type { DeviceListing, StageParts } from './stage.ts';

export type EngineSettings = {
  readonly home: string;
  readonly version: string;
  readonly execPath: string;
  readonly entryPath: (name: string) => string;
  readonly onShutdown: () => void;
};

export function realStageParts(settings: EngineSettings): StageParts {
  const { home } = settings;
  const log = openEngineLog(home);
  const monitor = new MonitorHub();
  const warn = (sentence: string): void => log.warn(sentence);
  const secrets = openHeadlessSecretStore({ home, choice: process.env['FIELDCAST_SECRETS'], warn });
  const accounts = new Accounts({ home, secrets, env: process.env, warn });
  const devices = async (signal: AbortSignal): Promise<readonly DeviceListing[]> => listDevices(await locateFfmpeg(), signal);

  async function openEmbedded(signal: AbortSignal, onProgress: (sentence: string) => void): Promise<OpenDestination> {
    onProgress('Starting the embedded service.');
    const handle = await ensureEmbeddedService({ home, execPath: settings.execPath, entry: settings.entryPath('service'), signal, log });
    return { kind: 'service', service: createEmbeddedLiveService(handle), close: async () => handle.release() };
  }

  return {
    home,
    monitor,
    version: settings.version,
    journals: new JournalStore(home),
    doctor: async (signal) => examine({ home, devices }, signal),
    devices,
    onShutdown: settings.onShutdown,
    openDestination: async (plan, signal, onProgress) => {
      switch (plan.destination.kind) {
        case 'embedded': return openEmbedded(signal, onProgress);
        case 'arm': return {
          kind: 'service',
          service: await openArmDestination(plan.destination.address, process.env, accounts),
          close: async () => undefined,
        };
        case 'rtmp': return { kind: 'rtmp', targets: plainTargets(plan.ladder, plan.destination.url) };
      }
    },
    createChain: async (plan, events, eventName) => new LiveChain(plan, await locateFfmpeg(), {
      onWarning: (failure) => {
        log.warn(failure);
        events.onWarning(failure);
      },
      onAlarm: (change) => {
        log.warn(change);
        events.onAlarm(change);
      },
      onFatal: (error) => {
        log.error({ message: error.message });
        events.onFatal(error);
      },
    }, eventName, monitor),
    waitUntilPlayable: async (url, options) => { await waitUntilPlayable(url, options); },
    readArchive: async (url, options) => (await verifyArchive(url, options)).tracks.map(
      ({ track, kind, frames, firstSeconds, lastSeconds, gaps, overlaps }) => ({ track, kind, frames, firstSeconds, lastSeconds, gaps: [...gaps], overlaps: [...overlaps] }),
    ),
  };
}
