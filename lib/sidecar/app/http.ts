import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { Headers } from '../../protocol/headers.js';
import type { AppAnswer, AppChannel, AppRequest } from './channel.js';

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
    const { statusCode, ...answer } = await this.pool.request({
      method: verb as 'GET',
      path,
      headers: this.token
        ? { ...headers, [Headers.apiToken]: this.token }
        : headers,
      body: body ?? null,
      signal: signal ?? null,
    });
    return { status: statusCode, headers: answer.headers, body: answer.body };
  }

  /** Cuts what is still under way. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }
}
