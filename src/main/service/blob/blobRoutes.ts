// The blob endpoint over HTTPS: what the Azure storage client asks of a container SAS URL. Decides rights, conditions, status and headers; files are containerFiles'.
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../../contract/errors.ts';
import { assetDirOf } from '../arm/channelWork.ts';
import type { ArmContext } from '../arm/context.ts';
import { parseByteRange } from '../origin/byteRange.ts';
import type { AssetRecord } from '../records.ts';
import { BlobError, errorXml } from './blobError.ts';
import { etagOf, PLAIN_HEADERS, type BlobHeaders } from './blobRecord.ts';
import { blockListXml, checkBlockId, parseBlockList } from './blockList.ts';
import { blocksOf, commitBlocks, deleteBlob, listNames, putBlob, stageBlock, statBlob, type StoredBlob } from './containerFiles.ts';
import { listXml, pageOfNames, type ListQuery } from './listing.ts';
import type { BodyPromise } from './receivedBody.ts';
import { permissionsOf, type SasPermission } from './sas.ts';
import { blobKeys } from './blobKeys.ts';

/** First segment of the path, where the storage client expects the account of an address without a host name. */
export const BLOB_ROOT = '/blob';
const VERSION = '2022-11-02';
/** The real service takes 4000 MiB a block and 5000 MiB a blob in one request; on one computer smaller pieces serve as well. */
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;
/** 50 000 ids with their tags. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;
const MAX_METADATA_BYTES = 8 * 1024;
const PAGE = 5000;

type Asked = { readonly folder: string; readonly name: string; readonly query: Readonly<Record<string, string | undefined>>; readonly asset: AssetRecord; need(...permissions: SasPermission[]): void };

/** Serves `/blob/<container>` and `/blob/<container>/<blob>`. Every request needs a signature; there is no other way in. */
export function registerBlobs(root: FastifyInstance, context: ArmContext): void {
  void root.register((app, _options, done) => {
    app.removeAllContentTypeParsers();
    // Left in the socket: handlers stream it to disk.
    app.addContentTypeParser('*', (_request, body, next) => next(null, body));
    app.addHook('onSend', async (request, reply) => {
      const clientId = request.headers['x-ms-client-request-id'];
      reply.header('x-ms-request-id', randomUUID()).header('x-ms-version', request.headers['x-ms-version'] ?? VERSION);
      if (typeof clientId === 'string' && clientId.length <= 1024) reply.header('x-ms-client-request-id', clientId);
    });
    app.setErrorHandler((error: FastifyError | BlobError, request, reply) => refuse(error, request, reply, context));
    app.route({ method: 'GET', url: `${BLOB_ROOT}/:container`, handler: async (request, reply) => container(askedOf(request, context), reply) });
    app.route({ method: ['GET', 'HEAD'], url: `${BLOB_ROOT}/:container/*`, exposeHeadRoute: false, handler: async (request, reply) => read(askedOf(request, context), request, reply) });
    app.route({ method: 'PUT', url: `${BLOB_ROOT}/:container/*`, handler: async (request, reply) => write(askedOf(request, context), request, reply, context) });
    app.route({ method: 'DELETE', url: `${BLOB_ROOT}/:container/*`, handler: async (request, reply) => {
      const asked = askedOf(request, context);
      asked.need('d');
      refuseWhileRecording(asked, context);
      await deleteBlob(asked.folder, asked.name, (known) => checkConditions(request, known));
      context.plane.forgetAsset(asked.folder);
      return reply.code(202).send();
    } });
    done();
  });
}

/** Checks signature, expiry and container before anything else. @throws BlobError */
function askedOf(request: FastifyRequest, context: ArmContext): Asked {
  const params = request.params as Readonly<Record<string, string | undefined>>;
  const query = request.query as Readonly<Record<string, string | undefined>>;
  const container = params['container'] ?? '';
  const permissions = permissionsOf(query, blobKeys(context.store), container, new Date());
  const asset = context.store.assets.find({ container });
  if (asset === undefined) throw new BlobError(404, 'ContainerNotFound', 'The specified container does not exist.');
  return {
    folder: assetDirOf(context.assetsDir, asset), name: params['*'] ?? '', query, asset,
    need: (...needed) => {
      // Any of them is enough: `c` and `w` both make a new blob.
      if (!needed.some((one) => permissions.has(one))) throw new BlobError(403, 'AuthorizationPermissionMismatch', 'This request is not authorized to perform this operation using this permission.');
    },
  };
}

async function container(asked: Asked, reply: FastifyReply): Promise<FastifyReply> {
  const { query, folder } = asked;
  if (query['restype'] !== 'container' || query['comp'] !== 'list') throw notOffered();
  asked.need('l');
  const maxResults = Number(query['maxresults'] ?? PAGE);
  if (!Number.isInteger(maxResults) || maxResults < 1) throw new BlobError(400, 'OutOfRangeQueryParameterValue', 'maxresults is not a positive number.');
  const list: ListQuery = { prefix: query['prefix'] ?? '', delimiter: query['delimiter'] ?? '', marker: query['marker'] ?? '', maxResults: Math.min(maxResults, PAGE) };
  const { items, next } = pageOfNames(await listNames(folder), list);
  const blobs = new Map<string, StoredBlob>();
  for (const { name, isPrefix } of items) {
    // What vanishes between listing and looking is not listed.
    const blob = isPrefix ? undefined : await statBlob(folder, name).catch(() => undefined);
    if (blob) blobs.set(name, blob);
  }
  const shown = items.filter(({ name, isPrefix }) => isPrefix || blobs.has(name));
  return xml(reply, listXml(list, shown, next, blobs, (query['include'] ?? '').includes('metadata')));
}

async function read(asked: Asked, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  asked.need('r');
  const { comp } = asked.query;
  if (comp === 'blocklist') return blockList(asked, reply);
  if (comp !== undefined && comp !== 'metadata') throw notOffered();
  const blob = await statBlob(asked.folder, asked.name);
  checkConditions(request, blob);
  blobHeaders(reply, blob);
  const rangeHeader = request.headers['x-ms-range'] ?? request.headers.range;
  const range = parseByteRange(typeof rangeHeader === 'string' ? rangeHeader : undefined, blob.sizeBytes);
  if (range === 'unsatisfiable') throw new BlobError(416, 'InvalidRange', 'The range specified is invalid for the current size of the resource.');
  const isPart = range !== 'whole';
  if (!isPart && blob.contentMd5 !== null) reply.header('content-md5', blob.contentMd5);
  if (isPart && blob.contentMd5 !== null) reply.header('x-ms-blob-content-md5', blob.contentMd5);
  if (isPart) reply.header('content-range', `bytes ${range.start}-${range.end}/${blob.sizeBytes}`);
  const length = isPart ? range.end + 1 - range.start : blob.sizeBytes;
  reply.code(isPart ? 206 : 200).header('content-length', length);
  if (request.method === 'HEAD' || length === 0) return reply.send();
  return reply.send(createReadStream(blob.file, isPart ? { start: range.start, end: range.end } : { end: blob.sizeBytes - 1 }));
}

async function blockList(asked: Asked, reply: FastifyReply): Promise<FastifyReply> {
  const kind = asked.query['blocklisttype'] ?? 'committed';
  const { committed, uncommitted, blob } = await blocksOf(asked.folder, asked.name);
  if (!blob && uncommitted.length === 0) throw new BlobError(404, 'BlobNotFound', 'The specified blob does not exist.');
  if (blob) reply.header('etag', blob.etag).header('last-modified', new Date(blob.modifiedMs).toUTCString());
  reply.header('x-ms-blob-content-length', blob?.sizeBytes ?? 0);
  return xml(reply, blockListXml({ ...(kind === 'uncommitted' ? {} : { committed }), ...(kind === 'committed' ? {} : { uncommitted }) }));
}

async function write(asked: Asked, request: FastifyRequest, reply: FastifyReply, context: ArmContext): Promise<FastifyReply> {
  asked.need('w', 'c');
  refuseWhileRecording(asked, context);
  const { comp, blockid } = asked.query;
  if (request.headers['x-ms-structured-body'] !== undefined) throw notOffered();
  if (comp === 'block') {
    checkBlockId(blockid ?? '');
    const promise = promiseOf(request, MAX_BLOCK_BYTES);
    if (promise.sizeBytes === 0) throw new BlobError(400, 'InvalidHeaderValue', 'A block is not empty.');
    const md5 = await stageBlock(asked.folder, asked.name, blockid ?? '', request.raw, promise);
    digests(reply, md5, promise);
    return reply.code(201).send();
  }
  const check = (known: StoredBlob | undefined): void => {
    // `c` alone makes what is not there; only `w` changes what is.
    if (known) asked.need('w');
    checkConditions(request, known);
  };
  let made: StoredBlob;
  if (comp === 'blocklist') {
    const choices = parseBlockList(await smallText(request));
    made = await commitBlocks(asked.folder, asked.name, choices, headersOf(request), header(request, 'x-ms-blob-content-md5'), check);
  } else if (comp === undefined) {
    if (request.headers['x-ms-blob-type'] !== 'BlockBlob') throw new BlobError(400, 'InvalidHeaderValue', 'The embedded service keeps block blobs only.');
    const promise = promiseOf(request, MAX_BLOCK_BYTES);
    made = await putBlob(asked.folder, asked.name, request.raw, promise, headersOf(request), check);
    digests(reply, made.contentMd5 ?? '', promise);
  } else {
    throw notOffered();
  }
  context.plane.forgetAsset(asked.folder);
  return reply.code(201).header('etag', etagOf(made)).header('last-modified', new Date(made.modifiedMs).toUTCString()).header('x-ms-request-server-encrypted', 'false').send();
}

/** @throws BlobError 411, 413 */
function promiseOf(request: FastifyRequest, most: number): BodyPromise {
  const length = request.headers['content-length'];
  if (length === undefined) throw new BlobError(411, 'MissingContentLengthHeader', 'The Content-Length header is missing.');
  const sizeBytes = Number(length);
  if (!(sizeBytes <= most)) throw new BlobError(413, 'RequestBodyTooLarge', `The request body is larger than the ${most} bytes that the embedded service takes at once.`);
  return { sizeBytes, md5: header(request, 'content-md5'), crc64: header(request, 'x-ms-content-crc64') };
}

function digests(reply: FastifyReply, md5: string, promise: BodyPromise): void {
  void reply.header('content-md5', md5).header('x-ms-request-server-encrypted', 'false');
  if (promise.crc64 !== undefined) reply.header('x-ms-content-crc64', promise.crc64);
}

async function smallText(request: FastifyRequest): Promise<string> {
  const { sizeBytes } = promiseOf(request, MAX_LIST_BYTES);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of request.raw as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > sizeBytes) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function headersOf(request: FastifyRequest): BlobHeaders {
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(request.headers)) {
    const name = /^x-ms-meta-(.+)$/.exec(key)?.[1];
    if (name === undefined) continue;
    if (!/^[a-z_][a-z0-9_]*$/.test(name) || typeof value !== 'string') throw new BlobError(400, 'InvalidMetadata', 'Names of metadata are C# identifiers.');
    metadata[name] = value;
  }
  if (JSON.stringify(metadata).length > MAX_METADATA_BYTES) throw new BlobError(400, 'MetadataTooLarge', 'The metadata has more than 8 KiB.');
  return {
    contentType: header(request, 'x-ms-blob-content-type') ?? PLAIN_HEADERS.contentType,
    cacheControl: header(request, 'x-ms-blob-cache-control') ?? null,
    contentEncoding: header(request, 'x-ms-blob-content-encoding') ?? null,
    contentLanguage: header(request, 'x-ms-blob-content-language') ?? null,
    contentDisposition: header(request, 'x-ms-blob-content-disposition') ?? null,
    metadata,
  };
}

function blobHeaders(reply: FastifyReply, blob: StoredBlob): void {
  const modified = new Date(blob.modifiedMs).toUTCString();
  void reply.headers({
    'etag': blob.etag, 'last-modified': modified, 'x-ms-creation-time': modified, 'accept-ranges': 'bytes', 'content-type': blob.contentType,
    'x-ms-blob-type': 'BlockBlob', 'x-ms-lease-status': 'unlocked', 'x-ms-lease-state': 'available', 'x-ms-server-encrypted': 'false',
    // Uploaded content must never be taken for a page of this service.
    'x-content-type-options': 'nosniff', 'content-security-policy': 'sandbox',
  });
  const optional = { 'cache-control': blob.cacheControl, 'content-encoding': blob.contentEncoding, 'content-language': blob.contentLanguage, 'content-disposition': blob.contentDisposition };
  for (const [name, value] of Object.entries(optional)) if (value !== null) reply.header(name, value);
  for (const [name, value] of Object.entries(blob.metadata)) reply.header(`x-ms-meta-${name}`, value);
}

/** If-Match, If-None-Match and the two dates (RFC 9110 §13.1). @throws BlobError 304, 409, 412 */
function checkConditions(request: FastifyRequest, known: StoredBlob | undefined): void {
  const { 'if-match': match, 'if-none-match': noneMatch, 'if-modified-since': since, 'if-unmodified-since': until } = request.headers;
  const failed = (): BlobError => new BlobError(412, 'ConditionNotMet', 'The condition specified using HTTP conditional header(s) is not met.');
  if (match !== undefined && (known === undefined || (match !== '*' && match !== known.etag))) throw failed();
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (noneMatch !== undefined && known !== undefined && (noneMatch === '*' || noneMatch === known.etag)) {
    if (isRead) throw new BlobError(304, 'ConditionNotMet', 'Not modified.');
    throw noneMatch === '*' ? new BlobError(409, 'BlobAlreadyExists', 'The specified blob already exists.') : failed();
  }
  // Header dates have whole seconds.
  const modified = Math.floor((known?.modifiedMs ?? 0) / 1000) * 1000;
  if (known && since !== undefined && modified <= Date.parse(since)) throw isRead ? new BlobError(304, 'ConditionNotMet', 'Not modified.') : failed();
  if (known && until !== undefined && modified > Date.parse(until)) throw failed();
}

/** A live output appends to the files of its asset by itself. @throws BlobError 409 */
function refuseWhileRecording({ asset }: Asked, context: ArmContext): void {
  if (context.store.liveOutputs.find({ asset_name: asset.name }) !== undefined) {
    throw new BlobError(409, 'ContainerBeingRecorded', `A live output is recording into the asset '${asset.name}'. Its files can be changed when the live output has been deleted.`);
  }
}

function refuse(error: FastifyError | BlobError, request: FastifyRequest, reply: FastifyReply, context: ArmContext): void {
  const systemCode = 'code' in error ? error.code : '';
  const known = error instanceof BlobError ? error
    : systemCode === 'ENOSPC' || systemCode === 'EDQUOT' ? new BlobError(507, 'InsufficientStorage', 'The disk of the embedded service is full.')
      : systemCode === 'ENAMETOOLONG' ? new BlobError(400, 'InvalidResourceName', 'The blob name is too long for the disk of the embedded service.')
        : error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500 ? new BlobError(error.statusCode, 'InvalidInput', 'The request is not one that the blob endpoint understands.')
          : new BlobError(500, 'InternalError', 'The embedded service could not answer. Its log says why.');
  if (known.status === 500) context.log.error({ error: messageOf(error), stack: error.stack }, 'a request of the blob endpoint failed');
  void reply.code(known.status).header('x-ms-error-code', known.code).removeHeader('content-length').type('application/xml');
  if (known.status === 304 || request.method === 'HEAD') void reply.send();
  else void reply.send(errorXml(known.code, known.message));
}

function notOffered(): BlobError {
  return new BlobError(501, 'NotImplemented', 'The embedded service does not offer this operation on blobs.');
}

function xml(reply: FastifyReply, body: string): FastifyReply {
  return reply.code(200).type('application/xml').send(body);
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
