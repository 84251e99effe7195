// What the desktop shell offers to its own page: the engine's address and nothing else.

/** IPC channel of {@link DesktopBridge.engine}. */
export const ENGINE_CHANNEL = 'fieldcast:engine';
/** The scheme and host under which the desktop's page is served; also its WebSocket Origin. */
export const APP_ORIGIN = 'app://fieldcast';

/** `window.fieldcast` in the desktop's page. */
export type DesktopBridge = {
  /** Where the engine listens. Waits for a start that is under way; rejects with a sentence when the engine cannot be started. */
  engine(): Promise<{ readonly address: string; readonly token: string }>;
};
