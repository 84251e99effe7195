// What FFmpeg prints of devices on real machines, shortened; each with the public place where somebody showed it.

/** https://github.com/Speykious/SeeShark/issues/33 (Windows, HD Pro Webcam C920). */
export const DSHOW_OPTIONS_C920 = `[dshow @ 000001781c263740] DirectShow video device options (from video devices)
[dshow @ 000001781c263740]  Pin "Capture" (alternative pin name "0")
[dshow @ 000001781c263740]   pixel_format=yuyv422  min s=640x480 fps=5 max s=640x480 fps=30
[dshow @ 000001781c263740]   pixel_format=yuyv422  min s=640x480 fps=5 max s=640x480 fps=30
[dshow @ 000001781c263740]   pixel_format=yuyv422  min s=160x90 fps=5 max s=160x90 fps=30
[dshow @ 000001781c263740]   pixel_format=yuyv422  min s=320x180 fps=5 max s=320x180 fps=30
`;

/** https://github.com/SuRGeoNix/Flyleaf/issues/299 (Windows, FULL HD 1080P Webcam). */
export const DSHOW_OPTIONS_MJPEG = `[dshow @ 00000184176a8080]   vcodec=mjpeg  min s=640x480 fps=30 max s=640x480 fps=30
[dshow @ 00000184176a8080]   vcodec=mjpeg  min s=640x480 fps=30 max s=640x480 fps=30 (pc, bt470bg/bt709/unknown, center)
[dshow @ 00000184176a8080]   vcodec=mjpeg  min s=160x120 fps=30 max s=160x120 fps=30
[dshow @ 00000184176a8080]   vcodec=mjpeg  min s=160x120 fps=30 max s=160x120 fps=30 (pc, bt470bg/bt709/unknown, center)
`;

/** https://github.com/ShareX/ShareX/pull/8442 (Windows, FFmpeg of March 2026: the prefix changes between lines). */
export const DSHOW_DEVICES_NEW = `[in#0 @ 000001bd07e70b00] "screen-capture-recorder" (video)
[in#0 @ 000001bd07e70b00]   Alternative name "@device_sw_{860BB310-5D01-11D0-BD3B-00A0C911CE86}\\{4EA69364-2C8A-4AE6-A561-56E4B5044439}"
[dshow @ 000002798dd4fb80] "virtual-audio-capturer" (audio)
[dshow @ 000002798dd4fb80]   Alternative name "@device_sw_{33D9A762-90C8-11D0-BD43-00A0C911CE86}\\{8E146464-DB61-4309-AFA1-3578E927E935}"
`;

/** https://github.com/mltframework/shotcut/issues/844 (Windows, two cameras of one kind, FFmpeg 4.2 with headings). */
export const DSHOW_DEVICES_HEADINGS = `[dshow @ 0000000000d97000] DirectShow video devices (some may be both video and audio devices)
[dshow @ 0000000000d97000]  "Microsoft Camera Front"
[dshow @ 0000000000d97000]     Alternative name "@device_pnp_\\\\?\\display#int3470#4&1835d135&0&uid13424#{65e8773d-8f56-11d0-a3b9-00a0c9223196}\\{bf89b5a5-61f7-4127-a279-e187013d7caf}"
[dshow @ 0000000000d97000]  "Microsoft Camera Rear"
[dshow @ 0000000000d97000]     Alternative name "@device_pnp_\\\\?\\display#int3470#4&1835d135&0&uid13424#{65e8773d-8f56-11d0-a3b9-00a0c9223196}\\{7c9bbcea-909c-47b3-8cf9-2aa8237e1d4b}"
[dshow @ 0000000000d97000] DirectShow audio devices
[dshow @ 0000000000d97000]  "Microphone Array (Realtek High Definition Audio(SST))"
[dshow @ 0000000000d97000]     Alternative name "@device_cm_{33D9A762-90C8-11D0-BD43-00A0C911CE86}\\wave_{AE20CD53-282C-41DE-9F45-D07B73DEBAAA}"
dummy: Immediate exit requested
`;

/** https://github.com/sitespeedio/sitespeed.io/issues/3748 (macOS). */
export const AVFOUNDATION_DEVICES = `[AVFoundation indev @ 0x7fee1fe05980] AVFoundation video devices:
[AVFoundation indev @ 0x7fee1fe05980] [0] FaceTime HD Camera (Built-in)
[AVFoundation indev @ 0x7fee1fe05980] [1] Capture screen 0
[AVFoundation indev @ 0x7fee1fe05980] AVFoundation audio devices:
[AVFoundation indev @ 0x7fee1fe05980] [0] Microsoft Teams Audio
[AVFoundation indev @ 0x7fee1fe05980] [1] Built-in Microphone
: Input/output error
`;

/** https://github.com/cytopia/ffscreencast/issues/25 (macOS 10.11, FFmpeg 3.4: another prefix). */
export const AVFOUNDATION_DEVICES_OLD = `[AVFoundation input device @ 0x7ff80b497440] AVFoundation video devices:
[AVFoundation input device @ 0x7ff80b497440] [1] Built-in iSight
[AVFoundation input device @ 0x7ff80b497440] [2] CamTwist (2VUY)
[AVFoundation input device @ 0x7ff80b497440] [3] Capture screen 0
[AVFoundation input device @ 0x7ff80b497440] AVFoundation audio devices:
[AVFoundation input device @ 0x7ff80b497440] [0] Soundflower (64ch)
`;

/** https://github.com/AlexxIT/go2rtc/pull/477 (macOS, a built-in camera with ranges of rates). */
export const AVFOUNDATION_MODES_RANGES = `[avfoundation @ 0x7fbabf104080] Selected framerate (24.000000) is not supported by the device.
[avfoundation @ 0x7fbabf104080] Supported modes:
[avfoundation @ 0x7fbabf104080]   1920x1080@[1.000000 30.000000]fps
[avfoundation @ 0x7fbabf104080]   1280x720@[1.000000 30.000000]fps
[avfoundation @ 0x7fbabf104080]   1080x1920@[1.000000 30.000000]fps
[avfoundation @ 0x7fbabf104080]   640x480@[1.000000 30.000000]fps
FaceTime HD Camera: Input/output error
`;

/** https://github.com/sipeed/NanoKVM-USB/issues/99 (macOS, an HDMI grabber with single rates). */
export const AVFOUNDATION_MODES_SINGLE = `[avfoundation @ 0x123456789] Selected framerate (29.970030) is not supported by the device.
[avfoundation @ 0x123456789] Supported modes:
[avfoundation @ 0x123456789]   640x480@[60.000240 60.000240]fps
[avfoundation @ 0x123456789]   640x480@[30.000030 30.000030]fps
[avfoundation @ 0x123456789]   640x480@[20.000000 20.000000]fps
[avfoundation @ 0x123456789]   720x480@[60.000240 60.000240]fps
[avfoundation @ 0x123456789]   720x480@[30.000030 30.000030]fps
`;

/** https://github.com/mpromonet/v4l2rtspserver/issues/177 (Linux). */
export const V4L2_FORMATS = `[video4linux2,v4l2 @ 0x105d1c0] Compressed:       mjpeg :          Motion-JPEG : 2592x1944 1280x960 1024x768 640x480 1280x720 1600x1200 2048x1536 800x600 1920x1080
[video4linux2,v4l2 @ 0x105d1c0] Raw       :     yuyv422 :           YUYV 4:2:2 : 2592x1944 1280x960 1024x768 640x480 1280x720 1600x1200 2048x1536 800x600 1920x1080
`;

/** The form of https://ffmpeg.org/doxygen/trunk/v4l2_8c_source.html (list_formats, list_framesizes) for a driver with ranges of sizes. */
export const V4L2_FORMATS_STEPWISE = `[video4linux2,v4l2 @ 0x55] Raw       :     yuv420p :     Planar YUV 4:2:0 : {32-2592, 2}x{32-1944, 2}
[video4linux2,v4l2 @ 0x55] Compressed: Unsupported :                H.264 : 1920x1080
`;

/** The last lines of captures that failed, by what had happened. */
export const FAILED_CAPTURES = {
  /** FFmpeg 8 or newer on Windows, a camera that a browser holds; libavdevice/dshow.c, https://ffmpeg.org/doxygen/trunk/dshow_8c_source.html */
  dshowBusy: ['[dshow @ 000001ee0b315840] [error] Could not run graph (sometimes caused by a device already in use by other application)', '[in#0 @ 000001ee0b3155c0] [error] Error opening input: I/O error'],
  /** https://github.com/wang-bin/QtAV/issues/755 */
  dshowMissing: ['[dshow @ 0] [error] Could not find video device with name [USB%202861%20Device] among source devices of type video.'],
  /** https://github.com/KhaosT/homebridge-camera-isight/issues/27: started by a service that macOS had not been allowed the camera for. */
  avfoundationRefused: ['[avfoundation @ 0x7fd] [error] Failed to create AV capture input device: Cannot use FaceTime HD Camera (Built-in)', '[error] 0:none: Input/output error'],
  /** https://github.com/sitespeedio/sitespeed.io/issues/3748 */
  avfoundationMissing: ['[AVFoundation indev @ 0x7fac61d06580] [error] Invalid device index', '[error] 2: Input/output error'],
  /** https://github.com/homebridge-plugins/homebridge-camera-ffmpeg/issues/1401 */
  v4l2Busy: ['[error] /dev/video0: Device or resource busy'],
  /** https://github.com/moritzmhmk/homebridge-camera-rpi/issues/30 */
  v4l2Missing: ['[video4linux2,v4l2 @ 0x1555620] [error] Cannot open video device /dev/video0: No such file or directory'],
  /** https://github.com/OTL/cv_camera/issues/24: unplugged while it ran; the same ioctl fails in libavdevice/v4l2.c. */
  v4l2Unplugged: ['[video4linux2,v4l2 @ 0x1] [error] ioctl(VIDIOC_DQBUF): No such device', '[error] /dev/video0: No such device'],
  /** https://github.com/arkq/bluez-alsa/issues/688 */
  alsaBusy: ['[alsa @ 0xaaaad821d8c0] [error] cannot set parameters (Device or resource busy)', '[error] bluealsa:B4:6B:FC:95:D7:5A: Input/output error'],
  /** https://github.com/eugeneware/ffmpeg-static/issues/94 */
  alsaMissing: ['[alsa @ 0x6342e00] [error] cannot open audio device default (No such file or directory)', '[error] default: Input/output error'],
} as const;
