// Takes the pieces of files that the owner's page hands over as bytes: `PUT /drops/KEY/ID/OFFSET`. Keeps nothing itself.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DROPS_PATH } from '../../contract/ownFiles.ts';
import type { OwnFiles } from './ownFiles.ts';

const MAX_AT_ONCE = 8;

export type DropDoor = {
  /** Answers a request whose path begins with {@link DROPS_PATH}: with the bytes that are there now, from where it goes on. */
  answer(request: IncomingMessage, response: ServerResponse, origin: string | undefined): Promise<void>;
};

export function takeDroppedFiles({ files, append }: {
  readonly files: Pick<OwnFiles, 'isKey'>;
  readonly append: (id: string, offset: number, body: AsyncIterable<Uint8Array>) => Promise<number | undefined>;
}): DropDoor {
  let running = 0;
  return {
    answer: async (request, response) => {
      const refuse = (status: number): void => {
        response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' }).end('{}');
      };
      const [, key = '', id = '', offset = ''] = new RegExp(`^${DROPS_PATH}/([^/?]{1,200})/([0-9a-f]{32})/(\\d{1,15})$`).exec(request.url ?? '') ?? [];
      if (request.method !== 'PUT') return refuse(405);
      if (!files.isKey(key)) return refuse(401);
      if (running >= MAX_AT_ONCE) return refuse(503);
      running += 1;
      try {
        const receivedBytes = await append(id, Number(offset), request as AsyncIterable<Uint8Array>);
        if (receivedBytes === undefined) return refuse(404);
        // What was not taken of a piece must not be read as the next request.
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store', ...(request.complete ? {} : { connection: 'close' }) }).end(JSON.stringify({ receivedBytes }));
      } catch {
        refuse(507);
      } finally {
        running -= 1;
      }
    },
  };
}
