import { expect, test } from 'vitest';
import { isNewEnough, parseVersion } from '../../../src/main/ffmpeg/version.ts';

test.each([
  ['ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers', { major: 5, minor: 1 }, true],
  ['ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021 the FFmpeg developers', { major: 4, minor: 4 }, false],
  ['ffmpeg version 4.3.1 Copyright (c) 2000-2020 the FFmpeg developers', { major: 4, minor: 3 }, false],
  ['ffmpeg version 5.0 Copyright (c) 2000-2022 the FFmpeg developers', { major: 5, minor: 0 }, false],
  ['ffmpeg version 6.1.1-3ubuntu5 Copyright (c) 2000-2023 the FFmpeg developers', { major: 6, minor: 1 }, true],
  ['ffmpeg version 6.1.1-essentials_build-www.gyan.dev Copyright (c) 2000-2023 the FFmpeg developers', { major: 6, minor: 1 }, true],
  ['ffmpeg version 7.0.2-static https://johnvansickle.com/ffmpeg/  Copyright (c) 2000-2024 the FFmpeg developers', { major: 7, minor: 0 }, true],
  ['ffmpeg version n7.1 Copyright (c) 2000-2024 the FFmpeg developers', { major: 7, minor: 1 }, true],
  ['ffmpeg version 10.0 Copyright (c) 2000-2028 the FFmpeg developers', { major: 10, minor: 0 }, true],
  ['ffmpeg version N-118000-g0123456789 Copyright (c) 2000-2024 the FFmpeg developers', undefined, true],
  ['ffmpeg version 2024-05-27-git-01c7f68f7a-full_build-www.gyan.dev Copyright (c) 2000-2024 the FFmpeg developers', undefined, true],
  ['ffmpeg version git-2020-01-01-0000000 Copyright (c) 2000-2020 the FFmpeg developers', undefined, true],
  ['ffmpeg version UNKNOWN Copyright (c) 2000-2020 the FFmpeg developers', undefined, false],
])('%s', (line, release, isEnough) => {
  const version = parseVersion(`${line}\nbuilt with gcc 12\n`);
  expect(version?.release).toEqual(release);
  expect(version !== undefined && isNewEnough(version)).toBe(isEnough);
});

test('what is not FFmpeg has no version', () => {
  expect(parseVersion('')).toBeUndefined();
  expect(parseVersion('avconv version 12\n')).toBeUndefined();
});
