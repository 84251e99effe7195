// An FFmpeg whose h264_nvenc is libx264, so that what is done with a hardware encoder can be tried where there is none.
import { writeExecutable } from './executables.ts';

/** What it does otherwise than told: `good` nothing. */
export type StandInFault = 'good' | 'reorders' | 'ignores-keyframes' | 'starves' | 'hangs' | 'refuses';

const FAULTS: Readonly<Record<StandInFault, string>> = {
  good: '',
  reorders: 'if [ "$last" = -bf ]; then a=2; fi',
  'ignores-keyframes': 'if [ "$last" = -force_key_frames ]; then a=expr:0; fi; if [ "$last" = -g ]; then a=1000; fi; if [ "$last" = -keyint_min ]; then a=500; fi',
  starves: 'case $last in -b:v|-maxrate|-bufsize) a=30k;; esac',
  hangs: 'case $a in h264_nvenc) cat > /dev/null; sleep 60;; esac',
  refuses: 'case $a in h264_nvenc) echo "[h264_nvenc @ 0x55d0] [error] OpenEncodeSessionEx failed: out of memory (10): (no details)" >&2; exit 1;; esac',
};

/** Options that only h264_nvenc has. */
const OWN = '-tune|-rc|-rc-lookahead|-no-scenecut|-b_ref_mode|-spatial-aq|-delay|-cbr_padding';

/** As a card with one session: while the first process of it has been started, no other comes up. */
export async function writeSingleSessionStandIn(path: string): Promise<string> {
  const good = await writeStandIn(`${path}-good`, 'good');
  return writeExecutable(path, `
case "$*" in *h264_nvenc*) mkdir "${path}.session" 2>/dev/null || { echo "OpenEncodeSessionEx failed: out of memory (10): (no details)" >&2; exit 1; };; esac
exec "${good}" "$@"`);
}

/** Writes it to `path` and returns the path. */
export async function writeStandIn(path: string, fault: StandInFault): Promise<string> {
  return writeExecutable(path, `
case "$*" in *h264_nvenc*) ;; *) exec ffmpeg "$@";; esac
n=$#
last=
while [ $n -gt 0 ]; do
  a=$1; shift; n=$((n-1))
  ${FAULTS[fault]}
  case $a in
    ${OWN}) shift; n=$((n-1)); continue;;
    -strict_gop) shift; n=$((n-1)); set -- "$@" -x264-params scenecut=0:filler=1; continue;;
    h264_nvenc) a=libx264;;
    p[1-7]) a=ultrafast;;
  esac
  set -- "$@" "$a"
  last=$a
done
exec ffmpeg "$@"`);
}
