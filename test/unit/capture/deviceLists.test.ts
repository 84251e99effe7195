import { expect, test } from 'vitest';
import { alsaDevices, avfoundationDevices, displayDevices, dshowDevices, pulseDevices } from '../../../src/main/capture/deviceLists.ts';
import { AVFOUNDATION_DEVICES, AVFOUNDATION_DEVICES_OLD, DSHOW_DEVICES_HEADINGS, DSHOW_DEVICES_NEW } from '../../support/deviceOutputs.ts';

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

test('DirectShow: the name that survives is the id, whatever stands before the line', () => {
  expect(dshowDevices(DSHOW_DEVICES_NEW)).toEqual([
    { kind: 'camera', name: 'screen-capture-recorder', id: '@device_sw_{860BB310-5D01-11D0-BD3B-00A0C911CE86}\\{4EA69364-2C8A-4AE6-A561-56E4B5044439}' },
    { kind: 'microphone', name: 'virtual-audio-capturer', id: '@device_sw_{33D9A762-90C8-11D0-BD43-00A0C911CE86}\\{8E146464-DB61-4309-AFA1-3578E927E935}' },
  ]);
  const old = dshowDevices(DSHOW_DEVICES_HEADINGS);
  expect(old.map(({ kind, name }) => [kind, name])).toEqual([
    ['camera', 'Microsoft Camera Front'], ['camera', 'Microsoft Camera Rear'], ['microphone', 'Microphone Array (Realtek High Definition Audio(SST))'],
  ]);
  expect(new Set(old.map(({ id }) => id)).size).toBe(3);
  expect(old.every(({ id }) => id.startsWith('@device_'))).toBe(true);
});

test('AVFoundation, new and old', () => {
  expect(avfoundationDevices(AVFOUNDATION_DEVICES).map(({ kind, id }) => [kind, id])).toEqual([
    ['camera', 'FaceTime HD Camera (Built-in)'], ['screen', '0'], ['microphone', 'Microsoft Teams Audio'], ['microphone', 'Built-in Microphone'],
  ]);
  expect(avfoundationDevices(AVFOUNDATION_DEVICES_OLD).map(({ kind, id }) => [kind, id])).toEqual([
    ['camera', 'Built-in iSight'], ['camera', 'CamTwist (2VUY)'], ['screen', '0'], ['microphone', 'Soundflower (64ch)'],
  ]);
});
