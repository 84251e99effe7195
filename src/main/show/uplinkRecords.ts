// What the uplink was last seen to carry towards each destination, kept in the home for the planning of the next show. Holds no key.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { uplinkRecordSchema, type UplinkRecord } from '../../contract/engine.ts';
import type { Destination } from '../../contract/plan.ts';
import type { Uplink } from '../../contract/report.ts';
import { readIfThere, writeWhole } from '../durable/wholeFile.ts';
import { redactRtmpUrl } from '../publish/rtmpUrl.ts';

/** The destinations measured last. */
const MAX_RECORDS = 20;

const fileSchema = z.array(uplinkRecordSchema).max(MAX_RECORDS);

export class UplinkRecords {
  readonly #file: string;

  constructor(home: string) {
    this.#file = path.join(home, 'uplinks.json');
  }

  /** Notes what a show has measured; nothing where it was too short to say anything. @throws what the file system says */
  async note(destination: Destination, uplink: Uplink | undefined): Promise<void> {
    if (uplink === undefined || uplink.verdicts.some(({ verdict }) => verdict === 'measuring')) return;
    const { carriesKbps, isLimit } = uplink;
    const record: UplinkRecord = { destination: nameOf(destination), measuredAtUtc: new Date().toISOString(), carriesKbps, isLimit };
    const others = (await this.#all()).filter((one) => one.destination !== record.destination);
    await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    await writeWhole(this.#file, `${JSON.stringify([record, ...others].slice(0, MAX_RECORDS), null, 1)}\n`);
  }

  async last(destination: Destination): Promise<UplinkRecord | undefined> {
    return (await this.#all()).find((one) => one.destination === nameOf(destination));
  }

  /** A file that cannot be understood is as good as none: it is only a memory. */
  async #all(): Promise<UplinkRecord[]> {
    try {
      return fileSchema.parse(JSON.parse(await readIfThere(this.#file) ?? '[]'));
    } catch {
      return [];
    }
  }
}

function nameOf(destination: Destination): string {
  switch (destination.kind) {
    case 'embedded': return 'embedded';
    case 'arm': return `arm:${destination.address}`;
    case 'rtmp': return destination.keyName === undefined ? redactRtmpUrl(destination.url) : `${destination.url} (${destination.keyName})`;
  }
}
