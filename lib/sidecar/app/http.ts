import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Pool } from 'undici';
import { Headers, type HeaderBag } from '../../protocol/headers.js';
import type { AppAnswer, AppChannel, AppRequest } from './channel.js';

// What Go's HTTP client adds where the caller says nothing of it.
const AGENT = { 'user-agent': 'Go-http-client/1.1' };
const GZIP = { 'accept-encoding': 'gzip' };

// daprd's default read buffer: an answer with more headers than that fails (--read-buffer-size).
const LONGEST_HEADERS = 4096;

/** Calls an application over HTTP, on connections of its own. Never follows a redirect. */
export class HttpAppChannel implements AppChannel {
  private readonly pool: Pool;

  constructor(
    readonly origin: string,
    private readonly token?: string,
  ) {
    this.pool = new Pool(origin, {
      // A handler may take as long as it likes: only a resiliency policy sets a limit.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: LONGEST_HEADERS,
    });
  }

  async request(request: AppRequest): Promise<AppAnswer> {
    const answer = await this.stream(request);
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(chunk as Buffer);
    return { ...answer, body: Buffer.concat(chunks) };
  }

  async stream(request: AppRequest): Promise<AppAnswer<Readable>> {
    const { verb, path, headers, body, signal } = request;
    // As Go's client: what it asks for without being told to, it unpacks.
    const unpacks =
      verb !== 'HEAD' && !('accept-encoding' in headers || 'range' in headers);
    const answer = await this.pool.request({
      method: verb as 'GET',
      path,
      headers: {
        ...AGENT,
        ...(unpacks && GZIP),
        ...headers,
        ...(this.token && { [Headers.apiToken]: this.token }),
      },
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

  /** Cuts what is still under way. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }
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
