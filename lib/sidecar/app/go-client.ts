import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import type { HeaderBag } from '../../protocol/headers.js';
import type { AppAnswer, AppRequest } from './channel.js';

// What Go's HTTP client adds where the caller says nothing of it.
const AGENT = { 'user-agent': 'Go-http-client/1.1' };
const GZIP = { 'accept-encoding': 'gzip' };

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
    path,
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

function unpacked(answer: AppAnswer<Readable>): AppAnswer<Readable> {
  const {
    'content-encoding': encoding,
    'content-length': length,
    ...headers
  }: HeaderBag = answer.headers;
  if (encoding !== 'gzip' || length === '0') return answer;
  // An error reaches whoever reads what is unpacked.
  const body = pipeline(answer.body, createGunzip(), () => undefined);
  return { ...answer, headers, body };
}

export async function wholeBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
