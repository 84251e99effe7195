// Reads the device lists of FFmpeg and of the system. Pure.
import type { Device } from '../../contract/device.ts';


/** `ffmpeg -sources pulse|alsa`: lines such as `* alsa_input.pci [Built-in Audio Analog Stereo] (none)`, the default with a star. */
function parseSources(output: string): { readonly id: string; readonly name: string; readonly isDefault: boolean }[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const found = /^([* ]) (\S+) \[(.*)\](?: \([^()]*\))?\s*$/.exec(line);
    return found === null ? [] : [{ id: found[2] ?? '', name: found[3] ?? '', isDefault: found[1] === '*' }];
  });
}

/** Sound servers' sources; a monitor is the sound that an output plays. */
export function pulseDevices(output: string): Device[] {
  return parseSources(output).map(({ id, name, isDefault }) => {
    const notes = [...(isDefault ? ['default'] : []), ...(id.endsWith('.monitor') ? ['sound of an output'] : [])];
    return { kind: 'microphone', id, name, ...(notes.length === 0 ? {} : { detail: notes.join(', ') }) };
  });
}

/** Hardware alone: ALSA lists dozens of plug-ins besides. */
export function alsaDevices(output: string): Device[] {
  return parseSources(output).filter(({ id }) => id.startsWith('hw:')).map(({ id, name }) => ({ kind: 'microphone', id, name, detail: 'ALSA' }));
}

/** Sockets in /tmp/.X11-unix are named `X` and the display's number. */
export function displayDevices(socketNames: readonly string[], current: string | undefined): Device[] {
  const numbers = socketNames.flatMap((name) => /^X(\d+)$/.exec(name)?.[1] ?? []).map(Number).toSorted((a, b) => a - b);
  const local = numbers.map((number) => `:${number}`);
  const isOther = current !== undefined && current !== '' && !local.includes(current.replace(/\.\d+$/, ''));
  return [...local, ...(isOther ? [current] : [])].map((id) => ({
    kind: 'screen', id, name: `X display ${id}`, ...(id === current?.replace(/\.\d+$/, '') || id === current ? { detail: 'default' } : {}),
  }));
}

/**
 * Windows, on stderr of `-list_devices true`: `[dshow @ 0000] "Integrated Camera" (video)`, then the name that stays the same when a
 * second camera of the kind is plugged in: `Alternative name "@device_pnp_…"`. Up to FFmpeg 4.4 headings stand in place of `(video)`.
 */
export function dshowDevices(stderr: string): Device[] {
  const devices: Device[] = [];
  let heading: Device['kind'] | undefined;
  for (const line of stderr.split(/\r?\n/)) {
    const text = /^\[(?:dshow|in#\d+)[^\]]*\]\s+(.*)$/.exec(line)?.[1] ?? '';
    if (/^DirectShow (video|audio) devices/.test(text)) heading = text.includes('audio devices (') || text.startsWith('DirectShow audio') ? 'microphone' : 'camera';
    const alternative = /^Alternative name "(.+)"$/.exec(text)?.[1];
    const last = devices.at(-1);
    if (alternative !== undefined && last !== undefined) devices[devices.length - 1] = { ...last, id: alternative };
    const found = /^"(.+)"(?: \((video|audio|none|audio, video|video, audio)\))?$/.exec(text);
    const name = found?.[1];
    const kind = found?.[2] === undefined ? heading : found[2].includes('video') ? 'camera' : found[2] === 'audio' ? 'microphone' : undefined;
    if (name !== undefined && kind !== undefined) devices.push({ kind, id: name, name });
  }
  return devices;
}

/** macOS: numbered names below the headings `AVFoundation video devices:` and `AVFoundation audio devices:`. */
export function avfoundationDevices(stderr: string): Device[] {
  let isAudio = false;
  return stderr.split(/\r?\n/).flatMap((line): Device[] => {
    if (/AVFoundation (video|audio) devices:/.test(line)) {
      isAudio = line.includes('audio');
      return [];
    }
    const name = /^\[(?:AVFoundation|in#\d+)[^\]]*\]\s+\[\d+\] (.+)$/.exec(line)?.[1];
    if (name === undefined) return [];
    const screen = /^Capture screen (\d+)$/.exec(name)?.[1];
    if (isAudio) return [{ kind: 'microphone', id: name, name }];
    return screen === undefined ? [{ kind: 'camera', id: name, name }] : [{ kind: 'screen', id: screen, name }];
  });
}
