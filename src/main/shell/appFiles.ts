// Answers app://fieldcast/… from the built renderer; requests of any other host or scheme are not answered.
import { answerPageRequest, refusal } from '../page/pageFiles.ts';
import { isOwnPage } from './contentPolicy.ts';

/**
 * One request of the app protocol.
 * @param root folder of the built renderer, absolute.
 * @returns the file with the security headers; 405 for anything but GET, 404 for what is not a known kind of file inside `root`.
 */
export async function answerAppRequest(root: string, request: { readonly method: string; readonly url: string }): Promise<Response> {
  if (request.method !== 'GET') return refusal(405);
  if (!isOwnPage(request.url)) return refusal(404);
  return await answerPageRequest(root, { method: request.method, pathname: new URL(request.url).pathname });
}
