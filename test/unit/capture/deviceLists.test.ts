import { expect, test } from 'vitest';
import { alsaDevices, avfoundationDevices, displayDevices, dshowDevices, pulseDevices } from '../../../src/main/capture/deviceLists.ts';

test('PulseAudio (captured, FFmpeg 5.1.9)', () => {
  expect(pulseDevices(`Auto-detected sources for pulse:
* stage.monitor [Monitor of Null Output] (none)
  alsa_input.pci-0000_00_1f.3.analog-stereo [Built-in Audio [left] Analog Stereo] (none)
Cannot list sources: Generic error in an external library
`)).toEqual([
    { kind: 'microphone', id: 'stage.monitor', name: 'Monitor of Null Output', detail: 'default, sound of an output' },
    { kind: 'microphone', id: 'alsa_input.pci-0000_00_1f.3.analog-stereo', name: 'Built-in Audio [left] Analog Stereo' },
  ]);
});

test('ALSA: hardware alone', () => {
  expect(alsaDevices(`Auto-detected sources for alsa:
  null [Discard all samples (playback) or generate zero samples (capture)] (none)
  lavrate [Rate Converter Plugin Using Libav/FFmpeg Library] (none)
  hw:CARD=PCH,DEV=0 [HDA Intel PCH, ALC257 Analog Direct hardware device] (none)
`)).toEqual([{ kind: 'microphone', id: 'hw:CARD=PCH,DEV=0', name: 'HDA Intel PCH, ALC257 Analog Direct hardware device', detail: 'ALSA' }]);
});

test('X displays', () => {
  expect(displayDevices(['X10', 'X0', '.X0-lock', 'Xa'], ':0.0').map(({ id, detail }) => [id, detail])).toEqual([[':0', 'default'], [':10', undefined]]);
  expect(displayDevices([], 'host:1').map(({ id }) => id)).toEqual(['host:1']);
  expect(displayDevices([], undefined)).toEqual([]);
});

// The formats of libavdevice/dshow.c and avfoundation.m.
test('DirectShow', () => {
  expect(dshowDevices(`[dshow @ 000001d1] "Integrated Camera" (video)
[dshow @ 000001d1]   Alternative name "@device_pnp_\\\\?\\usb#vid_04f2"
[dshow @ 000001d1] "Microphone (Realtek(R) Audio)" (audio)
dummy: Immediate exit requested
`).map(({ kind, id }) => [kind, id])).toEqual([['camera', 'Integrated Camera'], ['microphone', 'Microphone (Realtek(R) Audio)']]);
});

test('AVFoundation', () => {
  expect(avfoundationDevices(`[AVFoundation indev @ 0x7f] AVFoundation video devices:
[AVFoundation indev @ 0x7f] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7f] [1] Capture screen 0
[AVFoundation indev @ 0x7f] AVFoundation audio devices:
[AVFoundation indev @ 0x7f] [0] MacBook Pro Microphone
: Input/output error
`).map(({ kind, id }) => [kind, id])).toEqual([['camera', 'FaceTime HD Camera'], ['screen', '0'], ['microphone', 'MacBook Pro Microphone']]);
});
