// The protocols over which a live event takes its contribution.
import { z } from 'zod';

/** `smooth`: Smooth Streaming, fragmented MP4 over HTTP(S). */
export const ingestProtocolSchema = z.enum(['rtmp', 'smooth']);
export type IngestProtocol = z.infer<typeof ingestProtocolSchema>;
