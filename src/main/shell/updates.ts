// Updates of the application: looked for, fetched and installed only while no show is under way, and installed only when the operator says so.
import type { UpdateStatus } from '../../contract/desktop.ts';

/** What is needed of electron-updater's autoUpdater. */
export type Updater = {
  autoDownload: boolean;
  autoInstallOnAppQuit: boolean;
  on(event: 'download-progress', listener: (info: { readonly percent: number }) => void): unknown;
  checkForUpdates(): Promise<{ readonly isUpdateAvailable: boolean; readonly updateInfo: { readonly version: string } } | null>;
  downloadUpdate(token?: CancelToken): Promise<unknown>;
  quitAndInstall(): void;
};
/** electron-updater's CancellationToken. */
export type CancelToken = { cancel(): void };

const FIRST_CHECK_MS = 60_000;
const CHECK_EVERY_MS = 6 * 3600_000;

export type UpdateSettings<Token extends CancelToken> = {
  /** Undefined in a build that has no place to look for updates. */
  readonly updater: (Omit<Updater, 'downloadUpdate'> & { downloadUpdate(token?: Token): Promise<unknown> }) | undefined;
  readonly newToken: () => Token;
  readonly isShowUnderWay: () => boolean;
  /** Ends the engine and everything before the installer replaces their files. */
  readonly beforeInstall: () => Promise<void>;
  readonly onStatus: (status: UpdateStatus) => void;
};

export type Updates = {
  readonly status: UpdateStatus;
  check(): Promise<UpdateStatus>;
  download(): Promise<UpdateStatus>;
  install(): Promise<UpdateStatus>;
  /** To be called whenever a show begins or is over: a download under way is cancelled. */
  showChanged(): void;
};

export function keepUpdated<Token extends CancelToken>({ updater, newToken, isShowUnderWay, beforeInstall, onStatus }: UpdateSettings<Token>): Updates {
  let status: UpdateStatus = { state: updater === undefined ? 'unavailable' : 'idle' };
  let downloading: Token | undefined;
  const become = (next: UpdateStatus): UpdateStatus => {
    status = next;
    onStatus(next);
    return next;
  };
  /** The status to answer with where nothing may be done. */
  const refusal = (): UpdateStatus | undefined => {
    if (updater === undefined) return status;
    return isShowUnderWay() ? { ...status, state: 'held' } : undefined;
  };

  const check = async (): Promise<UpdateStatus> => {
    const refused = refusal();
    if (refused !== undefined || updater === undefined) return refused ?? status;
    if (status.state === 'checking' || status.state === 'downloading' || status.state === 'ready') return status;
    become({ state: 'checking' });
    try {
      const found = await updater.checkForUpdates();
      return become(found?.isUpdateAvailable === true ? { state: 'available', version: found.updateInfo.version } : { state: 'idle' });
    } catch {
      // No network is no fault of the operator; the next look comes by itself.
      return become({ state: 'failed' });
    }
  };

  const download = async (): Promise<UpdateStatus> => {
    const refused = refusal();
    if (refused !== undefined || updater === undefined) return refused ?? status;
    if (status.state !== 'available') return status;
    const { version } = status;
    const named = version === undefined ? {} : { version };
    downloading = newToken();
    become({ state: 'downloading', ...named, percent: 0 });
    try {
      await updater.downloadUpdate(downloading);
      return become({ state: 'ready', ...named });
    } catch {
      // Cancelled by a show, or cut: it is still there to be fetched.
      return become({ state: 'available', ...named });
    } finally {
      downloading = undefined;
    }
  };

  if (updater !== undefined) {
    updater.autoDownload = false;
    updater.autoInstallOnAppQuit = false;
    updater.on('download-progress', ({ percent }) => { if (status.state === 'downloading') become({ ...status, percent }); });
    setTimeout(() => void check(), FIRST_CHECK_MS).unref();
    setInterval(() => void check(), CHECK_EVERY_MS).unref();
  }
  return {
    get status() { return status; },
    check,
    download,
    install: async () => {
      const refused = refusal();
      if (refused !== undefined || updater === undefined) return refused ?? status;
      if (status.state !== 'ready') return status;
      await beforeInstall();
      updater.quitAndInstall();
      return status;
    },
    showChanged: () => {
      if (isShowUnderWay()) downloading?.cancel();
    },
  };
}
