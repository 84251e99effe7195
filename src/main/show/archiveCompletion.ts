// From a recording to the upload that makes a show's archive complete: which stream it replaces, and whether it can. Pure.
import { OperatorError } from '../../contract/errors.ts';
import type { RecordingNotes } from '../../contract/recording.ts';
import type { UploadEncoding, UploadRequest } from '../../contract/upload.ts';
import type { Journal } from './journal.ts';

export type CompletionChoice = { readonly encode: Exclude<UploadEncoding, 'none'>; /** Also where the service has everything. */ readonly evenIfWhole: boolean };

/**
 * @param shows journals of this home
 * @throws OperatorError `RECORDING_IN_PARTS`, `RECORDING_UNFINISHED`, `NOTHING_MISSING`, `SHOW_UNKNOWN`, `NOT_FOR_FILES`
 */
export function completionOf(notes: RecordingNotes, shows: readonly Journal[], { encode, evenIfWhole }: CompletionChoice): UploadRequest {
  const [file, ...others] = notes.files;
  if (file === undefined || others.length > 0) {
    throw new OperatorError('RECORDING_IN_PARTS', `The recording of “${notes.event}” has ${notes.files.length} files; one upload cannot replace a stream with several.`, 'Join them in an editor and upload the result with `fieldcast upload --encode adaptive --publish`.');
  }
  if (!notes.isOver || file.state !== 'finished') {
    throw new OperatorError('RECORDING_UNFINISHED', `The recording ${file.path} is not a finished file.`, 'Wait for the end of the show, or repair it with `fieldcast recordings --repair`.');
  }
  if (notes.undelivered.length === 0 && !evenIfWhole) {
    throw new OperatorError('NOTHING_MISSING', `The service has everything of “${notes.event}” that was recorded.`, 'Give `--even-if-whole` to replace it by the recording all the same.');
  }
  const show = shows.find(({ created }) => created.eventName?.toLowerCase() === notes.event.toLowerCase() && created.assetName !== undefined && created.publishedOutput);
  if (show?.created.assetName === undefined || show.created.manifestName === undefined) {
    throw new OperatorError('SHOW_UNKNOWN', `This computer does not remember a public stream of “${notes.event}”.`, 'Upload the recording with `fieldcast upload --encode adaptive --publish`; it gets addresses of its own.');
  }
  const { plan: { destination }, created: { assetName, manifestName } } = show;
  if (destination.kind === 'rtmp') throw new OperatorError('NOT_FOR_FILES', 'The show went to a plain RTMP server, which takes no files.', 'Upload the recording where it is to be watched.');
  return { paths: [file.path], destination, encode, publish: true, replaces: { assetName, manifestName } };
}
