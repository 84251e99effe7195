// How large a source is and how many frames it gives, found by looking at it. Starts no capture.
import { resolve } from 'node:path';
import { OperatorError } from '../../contract/errors.ts';
import type { SourceSize } from '../../contract/ladderPlan.ts';
import type { SourceSpec } from '../../contract/source.ts';
import type { FfmpegInstall } from '../ffmpeg/locate.ts';
import { probeMedia } from '../ffmpeg/probeMedia.ts';
import { cameraModes } from './devices.ts';
import { deviceInputArgs } from './deviceInput.ts';
import { chooseMode } from './modeChoice.ts';
import { sourceFailure } from './sourceFailure.ts';
import { isUrl, labelOf } from './sourceSpec.ts';

const LOOK_MS = 15_000;
const USUAL_RATE = { num: 30, den: 1 };
/** Asked of a device; what it answers with is its nearest mode. */
const WANTED = { width: 1920, height: 1080, frameRate: USUAL_RATE };

/**
 * As viewers see it: turned where the file says so. Undefined for the test picture, which is made in any size.
 * @throws {OperatorError} as the source itself would, when it cannot be looked at or has no picture.
 */
export async function measureSource(spec: SourceSpec, ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>): Promise<SourceSize | undefined> {
  if (spec.kind === 'test') return undefined;
  const { args, input } = await inputOf(spec, ffmpeg);
  const probe = await probeMedia(ffmpeg.path, args, input, LOOK_MS);
  if (probe.kind === 'timed-out') throw sourceFailure(spec, { reason: 'no-output', code: null, line: '' });
  if (probe.kind === 'failed') throw sourceFailure(spec, { ...probe.exit, line: '' });
  const { video } = probe.info;
  if (video === undefined) throw new OperatorError('SOURCE_NO_VIDEO', `The ${labelOf(spec)} has no picture.`, 'Choose a source with a picture.');
  const isTurned = Math.abs(video.rotation) % 180 === 90;
  return {
    width: isTurned ? video.height : video.width,
    height: isTurned ? video.width : video.height,
    // A still picture and a screen have no rate of their own.
    frameRate: video.fps === undefined || spec.kind === 'screen' ? USUAL_RATE : { num: Math.max(1, Math.round(video.fps * 1000)), den: 1000 },
  };
}

async function inputOf(spec: Exclude<SourceSpec, { kind: 'test' }>, ffmpeg: Pick<FfmpegInstall, 'path' | 'capabilities'>): Promise<{ args: string[]; input: string }> {
  if (spec.kind === 'file') return { args: [], input: isUrl(spec.path) ? spec.path : resolve(spec.path.replace(/^file:(\/\/)?/i, '')) };
  const choice = spec.kind === 'camera' ? chooseMode(await cameraModes(spec, ffmpeg), { width: WANTED.width, height: WANTED.height, fps: USUAL_RATE.num }) : undefined;
  const args = deviceInputArgs(spec, WANTED, { platform: process.platform, env: process.env, ...ffmpeg.capabilities }, choice);
  return { args: args.slice(0, -2), input: args.at(-1) ?? '' };
}
