// Which files of the media path read the system's clock. It may be set at any moment; what is not in the list below must not see it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const MAIN = path.join(import.meta.dirname, '../../../src/main');
/** With the reason. */
const MAY_READ: Readonly<Record<string, string>> = {
  'program/clockSource.ts': 'once, when the program starts',
  'capture/createSource.ts': 'the numbers of a test picture that stands on no timeline',
  'capture/burnIn.ts': 'no clock: it formats the time of a frame',
};

test.each(['capture', 'program', 'media'])('no file of src/main/%s reads the system clock but those with a reason', (room) => {
  const readers = readdirSync(path.join(MAIN, room)).map((name) => `${room}/${name}`)
    .filter((file) => /\bDate\.now\(|\bnew Date\(/.test(readFileSync(path.join(MAIN, file), 'utf8')));
  expect(readers.filter((file) => MAY_READ[file] === undefined)).toEqual([]);
});
