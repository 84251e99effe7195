// How an engine finds the embedded service of a home folder: the descriptor file and the service's own routes beside the Media Services API.
import { z } from 'zod';

/** Folder of the service below FIELDCAST_HOME: state, certificates, assets. */
export const SERVICE_DIR = 'service';
/** Mode 0600, below {@link SERVICE_DIR}; present only while a service runs or after one was killed. */
export const DESCRIPTOR_FILE = 'service.json';
/** stdout and stderr of a service that the engine started, below {@link SERVICE_DIR}. */
export const SERVICE_LOG_FILE = 'service.log';
/** Exit code of a service process that found another one in the same home (EX_TEMPFAIL of sysexits). */
export const EXIT_ALREADY_RUNNING = 75;

const port = z.int().min(1).max(65_535);

/** Content of `service.json`. The token opens the API: the file is readable by its owner only. */
export const serviceDescriptorSchema = z.object({
  version: z.literal(1),
  /** Random for each process; `/health` answers with the same one, so that a recycled pid is not mistaken for the service. */
  instanceId: z.string().min(1),
  pid: z.int().positive(),
  startedAtUtc: z.string(),
  /** Base of the Media Services API, `https://127.0.0.1:PORT`. */
  endpoint: z.url(),
  token: z.string().min(32),
  /** Certificate of the local authority (PEM) that signed the service's own. */
  caPath: z.string(),
  /** Playback without a certificate, `http://127.0.0.1:PORT`; serves the origin only. */
  originHttp: z.url(),
  originHttps: z.url(),
  ports: z.object({ https: port, http: port, rtmp: z.tuple([port, port]), rtmps: z.tuple([port, port]) }),
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  accountName: z.string(),
  location: z.string(),
});
export type ServiceDescriptor = z.infer<typeof serviceDescriptorSchema>;

/** Answer of `GET /health`, which needs no token and tells nothing else. */
export const serviceHealthSchema = z.object({ instanceId: z.string() });

/** Answer of `POST /leases` and `POST /leases/{id}`: while one lives, the service does not end by itself. */
export const leaseSchema = z.object({ leaseId: z.string(), ttlMs: z.number().positive() });

/** Header on every answer of the API: the service's clock in UTC milliseconds when it answered. */
export const SERVICE_TIME_HEADER = 'x-fieldcast-time';
