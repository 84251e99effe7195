// What kind of system this is, as far as installing FFmpeg depends on it. Looks and tells; installs nothing.
import { readFileSync } from 'node:fs';

export type SystemKind = 'debian' | 'fedora' | 'arch' | 'alpine' | 'suse' | 'linux' | 'macos' | 'windows' | 'other';
export type System = { readonly kind: SystemKind; readonly isRoot: boolean };

/** The system of this process. */
export function thisSystem(): System {
  const isRoot = process.getuid?.() === 0;
  if (process.platform === 'darwin') return { kind: 'macos', isRoot };
  if (process.platform === 'win32') return { kind: 'windows', isRoot };
  if (process.platform !== 'linux') return { kind: 'other', isRoot };
  try {
    return { kind: kindOfOsRelease(readFileSync('/etc/os-release', 'utf8')), isRoot };
  } catch {
    return { kind: 'linux', isRoot };
  }
}

/** From `ID` and `ID_LIKE` of os-release(5). */
export function kindOfOsRelease(text: string): SystemKind {
  const value = (key: string): string => (new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '').replaceAll(/["']/g, '');
  const ids = `${value('ID')} ${value('ID_LIKE')}`.toLowerCase().split(/\s+/);
  if (ids.includes('debian') || ids.includes('ubuntu')) return 'debian';
  if (ids.includes('fedora') || ids.includes('rhel')) return 'fedora';
  if (ids.includes('arch')) return 'arch';
  if (ids.includes('alpine')) return 'alpine';
  return ids.some((id) => id.includes('suse')) ? 'suse' : 'linux';
}

/** The exact command that installs FFmpeg here, or a sentence where there is none. */
export function installAdvice(system: System): string {
  const sudo = system.isRoot ? '' : 'sudo ';
  switch (system.kind) {
    case 'debian': return `Run: ${sudo}apt-get update && ${sudo}apt-get install -y ffmpeg`;
    case 'macos': return 'Run: brew install ffmpeg';
    case 'windows': return 'Run: winget install --id Gyan.FFmpeg -e';
    case 'arch': return `Run: ${sudo}pacman -S ffmpeg`;
    case 'alpine': return `Run: ${sudo}apk add ffmpeg`;
    // The FFmpeg of Fedora and openSUSE themselves has no libx264.
    case 'fedora': return `Add RPM Fusion (https://rpmfusion.org/Configuration), then run: ${sudo}dnf install -y ffmpeg`;
    case 'suse': return `Add the Packman repository, then run: ${sudo}zypper install ffmpeg`;
    default: return 'Install FFmpeg 5.1 or newer with libx264, then put it on the PATH or set FIELDCAST_FFMPEG to it.';
  }
}
