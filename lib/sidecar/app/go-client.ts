import { pipeline, type Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { HeaderBag } from '../../protocol/headers.js';
import type { AppAnswer, AppRequest } from './channel.js';

// What Go's HTTP client adds where the caller says nothing of it.
const AGENT = { 'user-agent': 'Go-http-client/1.1' };
const GZIP = { 'accept-encoding': 'gzip' };

const BODYLESS = new Set([204, 304]);
const PACKED_NOTHING = gzipSync('');

/** Sends a request as Go's HTTP client does; answers when the headers are there. */
export async function sendAsGo(
  dispatcher: Dispatcher,
  origin: string,
  { verb, path, headers, body, signal }: AppRequest,
): Promise<AppAnswer<Readable>> {
  // What it asks for without being told to, it unpacks.
  const unpacks =
    verb !== 'HEAD' && !('accept-encoding' in headers || 'range' in headers);
  const answer = await dispatcher.request({
    origin,
    method: verb as 'GET',
    path: sendable(path),
    headers: { ...AGENT, ...(unpacks && GZIP), ...headers },
    body: body ?? null,
    signal: signal ?? null,
  });
  const whole = {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.body,
  };
  return unpacks ? unpacked(whole) : whole;
}

/** What a request line can't hold is escaped, as by Go's net/url; half a surrogate pair is replaced, as in Go's texts. */
function sendable(path: string): string {
  return path
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

function unpacked(answer: AppAnswer<Readable>): AppAnswer<Readable> {
  const {
    'content-encoding': encoding,
    'content-length': length,
    ...headers
  }: HeaderBag = answer.headers;
  const isEmpty = length === '0' || BODYLESS.has(answer.status);
  if (encoding !== 'gzip' || isEmpty) return answer;
  // An error reaches whoever reads what is unpacked.
  const body = pipeline(
    answer.body,
    somethingPacked,
    createGunzip(),
    () => undefined,
  );
  return { ...answer, headers, body };
}

/** Go unpacks nothing at all to nothing, zlib takes it for an end that is missing. */
async function* somethingPacked(
  packed: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let isEmpty = true;
  for await (const chunk of packed) {
    isEmpty = false;
    yield chunk;
  }
  if (isEmpty) yield PACKED_NOTHING;
}

export async function wholeBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
