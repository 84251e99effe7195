// The bridge of the desktop's page: where the engine is. No logic, no Node, nothing else.
import { contextBridge, ipcRenderer } from 'electron';
import { ENGINE_CHANNEL, type DesktopBridge } from '../contract/desktop.ts';

const bridge: DesktopBridge = { engine: () => ipcRenderer.invoke(ENGINE_CHANNEL) };
contextBridge.exposeInMainWorld('fieldcast', bridge);
