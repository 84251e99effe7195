// Entry of the reaper process; argument: the engine's process id. See ffmpeg/reaper.ts.
import { runReaper } from './ffmpeg/reaper.ts';

runReaper(process.stdin, Number(process.argv[2]));
