// Electron's main process: joins the engine, one window, and what the system offers. It touches no media and holds no show.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app, dialog, protocol, safeStorage, screen, session, shell, systemPreferences, utilityProcess, type BrowserWindow } from 'electron';
import electronUpdater from 'electron-updater';
import { APP_ORIGIN, LINK_SCHEME, NOTICE_CHANNEL, type ShellNotice, type ShellRequest } from '../../contract/desktop.ts';
import { messageOf } from '../../contract/errors.ts';
import { connectEngine } from '../api/client.ts';
import { createFileSecretStore } from '../secrets/fileSecretStore.ts';
import { answerAppRequest } from './appFiles.ts';
import { mayUse } from './contentPolicy.ts';
import { joinLink, linkAmong } from './deepLink.ts';
import { hostEngine, type EngineHost } from './engineHost.ts';
import { hostProcesses } from './hostedProcesses.ts';
import { onAirSigns } from './onAirSigns.ts';
import { answerPage } from './pageIpc.ts';
import { permissionStatus, requestPermission, settingsPage } from './permissions.ts';
import { guardQuit } from './quitGuard.ts';
import { createSafeStorageSecretStore } from './safeStorageSecretStore.ts';
import { followShow, isUnderWay } from './showFollower.ts';
import { keepUpdated } from './updates.ts';
import { openWindow } from './window.ts';
import { readWindowState, writeWindowState } from './windowState.ts';

/** How long an ordered end of a show may take before the engine is killed; stopping a live event takes minutes in a cloud. */
const SHUTDOWN_GRACE_MS = 5 * 60_000;
/** How long to wait for an answer from an engine that may hang. */
const ANSWER_MS = 5000;
/** The embedded service and the reaper, after the engine. */
const HOSTED_GRACE_MS = 10_000;

// This file is bundled into out/main/index.js or out/main/chunks/; all paths start from out/.
const outFolder = fileURLToPath(new URL(/\/chunks\/[^/]+$/.test(import.meta.url) ? '../../' : '../', import.meta.url));

/** Runs the desktop application; to be called once, before Electron is ready. */
export function runDesktop(): void {
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  app.setAsDefaultProtocolClient(LINK_SCHEME);
  protocol.registerSchemesAsPrivileged([
    { scheme: new URL(APP_ORIGIN).protocol.slice(0, -1), privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
  // Nothing is awaited before 'ready' but Electron itself, so a failure here is a defect and may end the process.
  void app.whenReady().then(start);
}

function start(): void {
  const root = `${outFolder}renderer`;
  protocol.handle('app', (request) => answerAppRequest(root, request));
  session.defaultSession.setPermissionRequestHandler((contents, permission, decide) => decide(mayUse(permission, contents.getURL())));
  session.defaultSession.setPermissionCheckHandler((contents, permission) => mayUse(permission, contents?.getURL() ?? ''));
  session.defaultSession.setDevicePermissionHandler(() => false);

  const folder = app.getPath('userData');
  const hosted = hostProcesses({
    fork: (entry, args) => utilityProcess.fork(`${outFolder}main/${entry}.js`, [...args], {
      serviceName: `Fieldcast ${entry}`, stdio: ['ignore', 'pipe', 'pipe'], execArgv: ['--disable-warning=ExperimentalWarning'],
    }),
    secrets: createSafeStorageSecretStore(safeStorage, createFileSecretStore(join(folder, 'secrets.encrypted.json'), (sentence) => console.error(sentence))),
  });
  const engine = hostEngine({
    fork: () => {
      const child = utilityProcess.fork(`${outFolder}main/engine.js`, [], { serviceName: 'Fieldcast engine', stdio: 'inherit' });
      hosted.serve(child);
      return child;
    },
  });

  let window: BrowserWindow | undefined;
  const stateFile = join(folder, 'window.json');
  const openOrFocus = (): void => {
    if (window === undefined) {
      window = openWindow({
        preload: `${outFolder}preload/index.cjs`,
        state: readWindowState(stateFile, screen.getAllDisplays().map((display) => display.workArea)),
        onClose: (state) => writeWindowState(stateFile, state),
      });
      window.on('close', (event) => {
        // Without its window nobody could answer whether the show is to end.
        if (!isUnderWay(show.state)) return;
        event.preventDefault();
        app.quit();
      });
      window.once('closed', () => {
        window = undefined;
      });
      signs.show(show.state, window);
    } else {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    }
  };
  const notify = (notice: ShellNotice): boolean => {
    if (window === undefined || window.isDestroyed()) return false;
    window.webContents.send(NOTICE_CHANNEL, notice);
    return true;
  };

  const signs = onAirSigns({ platform: process.platform, openWindow: openOrFocus });
  const show = followShow(engine, (state) => {
    signs.show(state, window);
    updates.showChanged();
  });
  const endEverything = async (): Promise<void> => {
    show.stop();
    engine.release();
    await endEngine(engine);
    await hosted.close(HOSTED_GRACE_MS);
  };
  const updates = keepUpdated({
    updater: app.isPackaged ? electronUpdater.autoUpdater : undefined,
    newToken: () => new electronUpdater.CancellationToken(),
    isShowUnderWay: () => isUnderWay(show.state),
    beforeInstall: async () => {
      await endEverything();
      quit.letGo();
    },
    onStatus: (status) => void notify({ type: 'updates', status }),
  });
  const quit = guardQuit({
    isShowUnderWay: () => isUnderWay(show.state),
    askPage: () => notify({ type: 'quit-asked' }),
    keepGoing: openOrFocus,
    end: endEverything,
  });

  let link = linkAmong(process.argv.slice(1));
  const takeLink = (found: string | undefined): void => {
    if (found === undefined) return;
    link = found;
    notify({ type: 'link', link: found });
  };
  const answer = async (request: ShellRequest): Promise<unknown> => {
    switch (request.ask) {
      case 'quit': return quit.answered(request.answer);
      case 'permissions': return permissionsNow();
      case 'requestPermission': return await requestPermission(systemPreferences, process.platform, request.kind);
      case 'permissionSettings': {
        const page = settingsPage(process.platform, request.kind);
        if (page !== undefined) await shell.openExternal(page);
        return page !== undefined;
      }
      case 'chooseFolder': return (await choose(window, ['openDirectory', 'createDirectory']))[0] ?? null;
      case 'chooseFiles': return await choose(window, request.folders ? ['openDirectory', 'multiSelections'] : ['openFile', 'multiSelections']);
      case 'showInFolder': return shell.showItemInFolder(request.path);
      case 'link': {
        // Told once: a page that is loaded again is not sent to join again.
        const told = link;
        link = undefined;
        return told ?? null;
      }
      case 'updates': return await actOnUpdate(updates, request.act);
    }
  };
  answerPage({
    engine: async () => {
      const { address, token } = await engine.ready();
      return { address, token };
    },
    answer,
  });

  app.on('activate', openOrFocus);
  app.on('second-instance', (_event, argv) => {
    openOrFocus();
    takeLink(linkAmong(argv));
  });
  app.on('open-url', (event, url) => {
    event.preventDefault();
    openOrFocus();
    takeLink(joinLink(url));
  });
  app.on('window-all-closed', () => app.quit());
  openOrFocus();
}

function permissionsNow() {
  const kinds = ['camera', 'microphone', 'screen'] as const;
  const status = (kind: typeof kinds[number]) => permissionStatus(systemPreferences, process.platform, kind);
  return {
    camera: status('camera'), microphone: status('microphone'), screen: status('screen'),
    settings: kinds.filter((kind) => settingsPage(process.platform, kind) !== undefined),
  };
}

async function choose(window: BrowserWindow | undefined, properties: ('openDirectory' | 'openFile' | 'createDirectory' | 'multiSelections')[]): Promise<string[]> {
  const { canceled, filePaths } = window === undefined ? await dialog.showOpenDialog({ properties }) : await dialog.showOpenDialog(window, { properties });
  return canceled ? [] : filePaths;
}

async function actOnUpdate(updates: ReturnType<typeof keepUpdated>, act: Extract<ShellRequest, { ask: 'updates' }>['act']) {
  switch (act) {
    case 'status': return updates.status;
    case 'check': return await updates.check();
    case 'download': return await updates.download();
    case 'install': return await updates.install();
  }
}

/** Asks the engine to end what it does and itself; one that does not answer is killed. */
async function endEngine(engine: EngineHost): Promise<void> {
  let connection: ReturnType<typeof connectEngine> | undefined;
  const asked = (async () => {
    connection = connectEngine(await engine.ready());
    await connection.api.engine.info.query();
    // The answer comes when the show has ended; the process's end is what counts.
    connection.api.engine.shutdown.mutate().catch((error: unknown) => console.error(`shutdown: ${messageOf(error)}`));
    return true;
  })().catch(() => false);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => { timer = setTimeout(resolve, ANSWER_MS, false); });
  const heard = await Promise.race([asked, late]);
  clearTimeout(timer);
  await engine.ended(heard ? SHUTDOWN_GRACE_MS : 0);
  await connection?.close();
}
