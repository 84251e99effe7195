// Opens an address in the operator's browser. No shell is involved, so nothing in an address can become a command.
import { spawn } from 'node:child_process';
import { OperatorError } from '../../../contract/errors.ts';

/** Opens an https address; rejects with an OperatorError NO_BROWSER where that is not possible. The desktop app brings its own. */
export type BrowserOpener = (url: string) => Promise<void>;

/** An opener that still runs after this has shown the page (xdg-open stays with some browsers), ms. */
const SETTLED_MS = 3000;

/** The program and arguments that open `url` on a platform, or undefined where there is no screen to show it on. */
export function openCommand(url: string, platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly [program: string, ...args: string[]] | undefined {
  switch (platform) {
    case 'win32':
      // `start` belongs to cmd.exe, which would read & in the address as the end of a command.
      return ['rundll32.exe', 'url.dll,FileProtocolHandler', url];
    case 'darwin':
      return ['open', url];
    default: {
      const screen = env['DISPLAY'] ?? env['WAYLAND_DISPLAY'] ?? env['WSL_DISTRO_NAME'];
      return screen === undefined || screen === '' ? undefined : ['xdg-open', url];
    }
  }
}

/** {@link BrowserOpener} on `process.platform`. */
export const openSystemBrowser: BrowserOpener = async (url) => {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') throw noBrowser('the address is not an https address');
  const command = openCommand(url, process.platform, process.env);
  if (command === undefined) throw noBrowser('there is no screen');
  const [program, ...args] = command;
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true, shell: false });
    const timer = setTimeout(resolve, SETTLED_MS);
    child.once('error', () => {
      clearTimeout(timer);
      reject(noBrowser(`${program} cannot be started`));
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      if (code === 0 || process.platform === 'win32') resolve();
      else reject(noBrowser(`${program} failed`));
    });
    child.unref();
  });
};

function noBrowser(reason: string): OperatorError {
  return new OperatorError('NO_BROWSER', `No browser can be opened on this computer (${reason}).`, 'Sign in with a code instead: fieldcast sign-in --device-code.');
}
