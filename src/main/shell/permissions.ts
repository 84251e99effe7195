// Camera, microphone and screen: what the system says, how to ask, and where its settings are. Whether a signal comes is measured by the engine.
import type { MediaKind, PermissionStatus } from '../../contract/desktop.ts';

/** What is needed of Electron's systemPreferences. */
export type SystemPermissions = {
  getMediaAccessStatus(kind: MediaKind): string;
  askForMediaAccess(kind: 'camera' | 'microphone'): Promise<boolean>;
};

const STATUSES: readonly PermissionStatus[] = ['granted', 'denied', 'restricted', 'not-determined', 'unknown'];

/**
 * Settings pages by system.
 * macOS: the URL scheme of System Settings; Windows: https://learn.microsoft.com/windows/apps/develop/launch/launch-settings.
 * Windows asks nobody about the screen, Linux has no such pages.
 */
const SETTINGS_PAGES: Readonly<Partial<Record<NodeJS.Platform, Partial<Record<MediaKind, string>>>>> = {
  darwin: {
    camera: 'x-apple.systempreferences:com.apple.preference.security?Privacy_Camera',
    microphone: 'x-apple.systempreferences:com.apple.preference.security?Privacy_Microphone',
    screen: 'x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture',
  },
  win32: { camera: 'ms-settings:privacy-webcam', microphone: 'ms-settings:privacy-microphone' },
};

export function permissionStatus(system: SystemPermissions, platform: NodeJS.Platform, kind: MediaKind): PermissionStatus {
  if (platform !== 'darwin' && platform !== 'win32') return 'unknown';
  return STATUSES.find((one) => one === system.getMediaAccessStatus(kind)) ?? 'unknown';
}

/** Asks where the system lets an app ask (macOS, once); else tells what is set. The screen is asked for by the first capture. */
export async function requestPermission(system: SystemPermissions, platform: NodeJS.Platform, kind: MediaKind): Promise<PermissionStatus> {
  if (platform === 'darwin' && kind !== 'screen') await system.askForMediaAccess(kind);
  return permissionStatus(system, platform, kind);
}

export function settingsPage(platform: NodeJS.Platform, kind: MediaKind): string | undefined {
  return SETTINGS_PAGES[platform]?.[kind];
}
