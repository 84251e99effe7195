import { expect, test } from 'vitest';
import { installAdvice, kindOfOsRelease } from '../../../src/main/ffmpeg/system.ts';

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', 'debian'],
  ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', 'debian'],
  ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', 'debian'],
  ['ID=fedora\n', 'fedora'],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'fedora'],
  ['ID=manjaro\nID_LIKE=arch\n', 'arch'],
  ['ID=alpine\n', 'alpine'],
  ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', 'suse'],
  ['ID=void\n', 'linux'],
  ['', 'linux'],
])('%j', (text, kind) => {
  expect(kindOfOsRelease(text)).toBe(kind);
});

test('the advice is the exact command', () => {
  expect(installAdvice({ kind: 'debian', isRoot: true })).toBe('Run: apt-get update && apt-get install -y ffmpeg');
  expect(installAdvice({ kind: 'debian', isRoot: false })).toBe('Run: sudo apt-get update && sudo apt-get install -y ffmpeg');
  expect(installAdvice({ kind: 'macos', isRoot: false })).toBe('Run: brew install ffmpeg');
  expect(installAdvice({ kind: 'windows', isRoot: false })).toBe('Run: winget install --id Gyan.FFmpeg -e');
});
