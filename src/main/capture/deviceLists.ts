// Reads the device lists of FFmpeg and of the system. Pure.

/** `spec` is what stands after `--source` or `--audio`. */
export type Device = { readonly kind: 'screen' | 'microphone' | 'camera'; readonly id: string; readonly name: string; readonly detail?: string };

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

/** Windows: `[dshow @ 0000] "Integrated Camera" (video)` on stderr of `-list_devices true`. */
export function dshowDevices(stderr: string): Device[] {
  return stderr.split(/\r?\n/).flatMap((line) => {
    const found = /^\[(?:dshow|in#0)[^\]]*\]\s+"(.+)" \((video|audio)\)/.exec(line);
    const name = found?.[1];
    return name === undefined ? [] : [{ kind: found?.[2] === 'video' ? 'camera' as const : 'microphone' as const, id: name, name }];
  });
}

/** macOS: numbered names below the headings `AVFoundation video devices:` and `AVFoundation audio devices:`. */
export function avfoundationDevices(stderr: string): Device[] {
  let isAudio = false;
  return stderr.split(/\r?\n/).flatMap((line): Device[] => {
    if (/AVFoundation (video|audio) devices:/.test(line)) {
      isAudio = line.includes('audio');
      return [];
    }
    const name = /^\[AVFoundation[^\]]*\]\s+\[\d+\] (.+)$/.exec(line)?.[1];
    if (name === undefined) return [];
    const screen = /^Capture screen (\d+)$/.exec(name)?.[1];
    if (isAudio) return [{ kind: 'microphone', id: name, name }];
    return screen === undefined ? [{ kind: 'camera', id: name, name }] : [{ kind: 'screen', id: screen, name }];
  });
}
