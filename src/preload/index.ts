// The bridge of the desktop's page: where the engine is, and what only the system can do. No logic, no Node, nothing else.
import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import { ENGINE_CHANNEL, NOTICE_CHANNEL, SHELL_CHANNEL, type DesktopBridge } from '../contract/desktop.ts';

const bridge: DesktopBridge = {
  engine: () => ipcRenderer.invoke(ENGINE_CHANNEL),
  pathOf: (file) => webUtils.getPathForFile(file),
  ask: (request) => ipcRenderer.invoke(SHELL_CHANNEL, request),
  onNotice: (listener) => {
    // The event itself would hand the page a way to send anything.
    const pass = (_event: IpcRendererEvent, notice: unknown): void => listener(notice);
    ipcRenderer.on(NOTICE_CHANNEL, pass);
    return () => ipcRenderer.off(NOTICE_CHANNEL, pass);
  },
};
contextBridge.exposeInMainWorld('fieldcast', bridge);
