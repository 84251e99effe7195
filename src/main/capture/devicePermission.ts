// Where each system lets a person allow an application to use a device. Pure.
import type { Device } from '../../contract/device.ts';

const MAC: Readonly<Record<Device['kind'], string>> = {
  camera: 'Camera', microphone: 'Microphone', screen: 'Screen & System Audio Recording',
};

/** What to do so that a device may be used; undefined where the system asks for nothing. */
export function permissionHint(platform: NodeJS.Platform, kind: Device['kind']): string | undefined {
  switch (platform) {
    case 'darwin': return `Allow Fieldcast (or the terminal that it runs in) in System Settings → Privacy & Security → ${MAC[kind]}, then start it again.`;
    case 'win32': return kind === 'screen' ? undefined : `In Settings → Privacy & security → ${kind === 'camera' ? 'Camera' : 'Microphone'} switch on “Let desktop apps access your ${kind}”.`;
    case 'linux': return kind === 'camera' ? 'Add this user to the group "video" (sudo usermod -aG video USER) and log in again.' : undefined;
    default: return undefined;
  }
}
