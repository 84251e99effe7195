// What can be captured on this machine, as `fieldcast devices` and `engine.devices` list it.

/** A mode of a camera. Rates are missing where the system does not tell them through FFmpeg (v4l2). */
export type DeviceMode = {
  readonly width: number;
  readonly height: number;
  readonly minFps?: number;
  readonly maxFps?: number;
  /** As FFmpeg names it: `mjpeg`, `h264`, or a pixel format of raw pictures (`yuyv422`, `nv12`). */
  readonly format: string;
  readonly isRaw: boolean;
};

/** `id` stands after the colon in `screen:`, `camera:`, `microphone:`, and stays the same when other devices come and go. */
export type Device = {
  readonly kind: 'screen' | 'microphone' | 'camera';
  readonly id: string;
  readonly name: string;
  readonly detail?: string;
  /** Of a camera whose modes could be asked. */
  readonly modes?: readonly DeviceMode[];
  /** The mode that a 720p show at 30 fps would use, and why. */
  readonly choice?: string;
  /** What the system wants before the device may be used. */
  readonly hint?: string;
};
