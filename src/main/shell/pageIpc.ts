// The page's way into the shell: every call comes from the window's own main frame and has a shape that was agreed. No decisions beyond that.
import { ipcMain, type IpcMainInvokeEvent } from 'electron';
import { ENGINE_CHANNEL, SHELL_CHANNEL, shellRequestSchema, type DesktopBridge, type ShellRequest } from '../../contract/desktop.ts';
import { OperatorError } from '../../contract/errors.ts';
import { isOwnPage } from './contentPolicy.ts';

export type PageCalls = {
  readonly engine: DesktopBridge['engine'];
  readonly answer: (request: ShellRequest) => Promise<unknown>;
};

export function answerPage({ engine, answer }: PageCalls): void {
  ipcMain.handle(ENGINE_CHANNEL, async (event) => {
    requireOwnPage(event);
    return await spoken(engine);
  });
  ipcMain.handle(SHELL_CHANNEL, async (event, request: unknown) => {
    requireOwnPage(event);
    const parsed = shellRequestSchema.safeParse(request);
    if (!parsed.success) throw new Error('Fieldcast does not understand this request.');
    return await spoken(() => answer(parsed.data));
  });
}

function requireOwnPage({ senderFrame }: IpcMainInvokeEvent): void {
  if (senderFrame === null || senderFrame.parent !== null || !isOwnPage(senderFrame.url)) {
    throw new Error('Only the window of Fieldcast may ask the shell.');
  }
}

/** Only the message of an error crosses IPC. */
async function spoken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof OperatorError ? new Error(`${error.message} ${error.action}`, { cause: error }) : error;
  }
}
