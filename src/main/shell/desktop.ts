// Electron's main process: one engine, one window, and an orderly end. It touches no media and holds no show.
import { fileURLToPath } from 'node:url';
import { app, dialog, ipcMain, protocol, session, utilityProcess, type BrowserWindow } from 'electron';
import { APP_ORIGIN, ENGINE_CHANNEL, type DesktopBridge } from '../../contract/desktop.ts';
import { messageOf, OperatorError } from '../../contract/errors.ts';
import { connectEngine } from '../api/client.ts';
import { answerAppRequest } from './appFiles.ts';
import { isOwnPage, mayUse } from './contentPolicy.ts';
import { hostEngine, type EngineHost } from './engineHost.ts';
import { openWindow } from './window.ts';

/** How long an ordered end of a show may take before the engine is killed; stopping a live event takes minutes in a cloud. */
const SHUTDOWN_GRACE_MS = 5 * 60_000;
/** How long to wait for an answer from an engine that may hang. */
const ANSWER_MS = 5000;

// This file is bundled into out/main/index.js or out/main/chunks/; all paths start from out/.
const outFolder = fileURLToPath(new URL(/\/chunks\/[^/]+$/.test(import.meta.url) ? '../../' : '../', import.meta.url));

/** Runs the desktop application; to be called once, before Electron is ready. */
export function runDesktop(): void {
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
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

  const engine = hostEngine({
    fork: () => utilityProcess.fork(`${outFolder}main/engine.js`, [], { serviceName: 'Fieldcast engine', stdio: 'inherit' }),
  });
  ipcMain.handle(ENGINE_CHANNEL, async (event): ReturnType<DesktopBridge['engine']> => {
    if (event.senderFrame === null || event.senderFrame.parent !== null || !isOwnPage(event.senderFrame.url)) {
      throw new Error('Only the window of Fieldcast may ask for the engine.');
    }
    try {
      const { address, token } = await engine.ready();
      return { address, token };
    } catch (error) {
      // Only the message of an error crosses IPC.
      throw error instanceof OperatorError ? new Error(`${error.message} ${error.action}`, { cause: error }) : error;
    }
  });

  let window: BrowserWindow | undefined;
  const show = (): void => {
    if (window === undefined) {
      window = openWindow(`${outFolder}preload/index.cjs`);
      window.once('closed', () => {
        window = undefined;
      });
    } else {
      if (window.isMinimized()) window.restore();
      window.focus();
    }
  };
  app.on('activate', show);
  app.on('second-instance', show);
  app.on('window-all-closed', () => app.quit());
  endInOrder(engine, show);
  show();
}

/** Quitting asks first while a show runs, then lets the engine end it; only then does the process go. */
function endInOrder(engine: EngineHost, keepGoing: () => void): void {
  let phase: 'running' | 'asking' | 'ending' = 'running';
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (phase !== 'running') return;
    phase = 'asking';
    void mayEnd(engine).then(async (agreed) => {
      if (!agreed) {
        phase = 'running';
        return keepGoing();
      }
      phase = 'ending';
      engine.release();
      await endEngine(engine);
      return app.exit(0);
    });
  });
}

async function mayEnd(engine: EngineHost): Promise<boolean> {
  const running = await withEngine(engine, async (api) => (await api.engine.info.query()).showRunning);
  if (running !== true) return true;
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message: 'A show is running.',
    detail: 'Quitting ends it for the viewers and stops the live event.',
    buttons: ['Keep the show', 'End the show and quit'],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}

async function endEngine(engine: EngineHost): Promise<void> {
  const asked = await withEngine(engine, async (api) => {
    // The answer comes when the show has ended; the process's end is what counts.
    api.engine.shutdown.mutate().catch((error: unknown) => console.error(`shutdown: ${messageOf(error)}`));
    await engine.ended(SHUTDOWN_GRACE_MS);
    return true;
  }, SHUTDOWN_GRACE_MS + ANSWER_MS);
  if (asked !== true) await engine.ended(0);
}

/** Asks the engine; undefined where it does not run or does not answer in time. */
async function withEngine<T>(
  engine: EngineHost, ask: (api: ReturnType<typeof connectEngine>['api']) => Promise<T>, boundMs = ANSWER_MS,
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, boundMs, undefined);
  });
  let connection: ReturnType<typeof connectEngine> | undefined;
  try {
    return await Promise.race([
      late,
      (async () => {
        connection = connectEngine(await engine.ready());
        return await ask(connection.api);
      })(),
    ]);
  } catch (error) {
    console.error(`engine: ${messageOf(error)}`);
    return undefined;
  } finally {
    clearTimeout(timer);
    await connection?.close();
  }
}
