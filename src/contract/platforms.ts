// The platforms that take one RTMP stream with a key: where their ingest is, what it takes, and what they recommend. Data, from their public pages.
import { z } from 'zod';

export const PLATFORM_NAMES = ['youtube', 'twitch', 'facebook', 'linkedin', 'vimeo', 'generic'] as const;
export const platformNameSchema = z.enum(PLATFORM_NAMES);
export type PlatformName = z.infer<typeof platformNameSchema>;

/** What a platform recommends for one size: kbit/s of picture. */
export type PlatformRung = { readonly height: number; readonly fps: number; readonly minKbps: number; readonly maxKbps: number };

export type Platform = {
  readonly title: string;
  /** Address up to the app, without the key; missing where each stream has one of its own. */
  readonly server?: string;
  /** Host names whose addresses belong to it, also below them. */
  readonly hosts: readonly string[];
  /** True where it takes nothing without TLS. */
  readonly secureOnly: boolean;
  readonly maxGopSeconds: number;
  readonly maxAudioKbps: number;
  /** Missing where none is documented. */
  readonly maxHours?: number;
  /** Highest first; empty where nothing is known of the server. */
  readonly rungs: readonly PlatformRung[];
  /** Where each figure stands. */
  readonly sources: readonly string[];
};

export const PLATFORMS: Readonly<Record<PlatformName, Platform>> = {
  youtube: {
    title: 'YouTube',
    // Server: developers.google.com/youtube/v3/live/guides/rtmps-ingestion.
    server: 'rtmps://a.rtmps.youtube.com:443/live2',
    hosts: ['youtube.com'],
    secureOnly: false,
    // Keyframes (2 s recommended, 4 s at most), sound of 128 kbit/s in stereo and all bitrates: support.google.com/youtube/answer/2853702.
    maxGopSeconds: 4,
    maxAudioKbps: 128,
    rungs: [
      { height: 1080, fps: 60, minKbps: 4000, maxKbps: 10_000 },
      { height: 1080, fps: 30, minKbps: 3000, maxKbps: 8000 },
      { height: 720, fps: 60, minKbps: 3000, maxKbps: 8000 },
      { height: 720, fps: 30, minKbps: 3000, maxKbps: 8000 },
    ],
    sources: ['https://support.google.com/youtube/answer/2853702', 'https://developers.google.com/youtube/v3/live/guides/rtmps-ingestion'],
  },
  twitch: {
    title: 'Twitch',
    // Server and the form of its address: dev.twitch.tv/docs/video-broadcast, help.twitch.tv (ingest recommendation).
    server: 'rtmps://ingest.global-contribute.live-video.net:443/app',
    hosts: ['twitch.tv', 'live-video.net'],
    secureOnly: false,
    // Keyframes every 2 s, 6000 kbit/s at most, bitrates by size: Twitch's broadcasting guidelines, as callaba.io/how-do-you-stream-on-twitch
    // quotes them; sound and 48 hours: www.twitch.tv/creatorcamp, "Broadcast Recommendations".
    maxGopSeconds: 2,
    maxAudioKbps: 320,
    maxHours: 48,
    rungs: [
      { height: 1080, fps: 60, minKbps: 6000, maxKbps: 6000 },
      { height: 1080, fps: 30, minKbps: 4500, maxKbps: 6000 },
      { height: 720, fps: 60, minKbps: 4500, maxKbps: 6000 },
      { height: 720, fps: 30, minKbps: 3000, maxKbps: 6000 },
    ],
    sources: ['https://callaba.io/how-do-you-stream-on-twitch', 'https://dev.twitch.tv/docs/video-broadcast', 'https://www.twitch.tv/creatorcamp/en/paths/going-live/broadcast-recommendations/'],
  },
  facebook: {
    title: 'Facebook',
    // All figures: developers.facebook.com/docs/live-video-api/reference; that it takes RTMPS alone: …/live-video-api/overview. The server is the
    // one that its Live Producer shows; an address of a stream's own is as good.
    server: 'rtmps://live-api-s.facebook.com:443/rtmp',
    hosts: ['facebook.com'],
    secureOnly: true,
    maxGopSeconds: 4,
    maxAudioKbps: 256,
    maxHours: 8,
    rungs: [
      { height: 1080, fps: 60, minKbps: 4500, maxKbps: 9000 },
      { height: 1080, fps: 30, minKbps: 3000, maxKbps: 6000 },
      { height: 720, fps: 60, minKbps: 2250, maxKbps: 6000 },
      { height: 720, fps: 30, minKbps: 1500, maxKbps: 4000 },
      { height: 480, fps: 30, minKbps: 600, maxKbps: 2000 },
      { height: 360, fps: 30, minKbps: 400, maxKbps: 1000 },
    ],
    sources: ['https://developers.facebook.com/docs/live-video-api/reference', 'https://developers.facebook.com/docs/live-video-api/overview'],
  },
  linkedin: {
    title: 'LinkedIn',
    // No server of its own: each stream is given an address. 720p at 30, a keyframe every 2 s, 3.5 Mbit/s, 128 kbit/s of sound, as
    // help.syncwords.com quotes LinkedIn's specification; a lower bound is not given there.
    hosts: ['linkedin.com'],
    secureOnly: false,
    maxGopSeconds: 2,
    maxAudioKbps: 128,
    rungs: [{ height: 720, fps: 30, minKbps: 1500, maxKbps: 3500 }],
    sources: ['https://help.syncwords.com/live/send-captions-to-linkedin-rtmp-608'],
  },
  vimeo: {
    title: 'Vimeo',
    server: 'rtmps://rtmp-global.cloud.vimeo.com:443/live',
    hosts: ['vimeo.com'],
    secureOnly: false,
    // Bitrates by size ("5,000 kbps, highest recommended"): help.vimeo.com 12426939452817; 12 hours: 31722598759057. Keyframes and sound are not
    // stated there: the usual ones.
    maxGopSeconds: 4,
    maxAudioKbps: 256,
    maxHours: 12,
    rungs: [
      { height: 1080, fps: 30, minKbps: 4000, maxKbps: 5000 },
      { height: 720, fps: 30, minKbps: 2000, maxKbps: 5000 },
    ],
    sources: ['https://help.vimeo.com/hc/en-us/articles/12426939452817', 'https://help.vimeo.com/hc/en-us/articles/31722598759057'],
  },
  generic: { title: 'an RTMP server', hosts: [], secureOnly: false, maxGopSeconds: 4, maxAudioKbps: 512, rungs: [], sources: [] },
};

/** The platform to which an ingest address belongs, by its host; `generic` where none is known. */
export function platformOf(url: string): PlatformName {
  const host = URL.canParse(url) ? new URL(url).hostname.toLowerCase() : '';
  return PLATFORM_NAMES.find((name) => PLATFORMS[name].hosts.some((known) => host === known || host.endsWith(`.${known}`))) ?? 'generic';
}
