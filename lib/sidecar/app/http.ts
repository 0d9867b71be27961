import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { Headers } from '../../protocol/headers.js';
import type { AppAnswer, AppChannel, AppRequest } from './channel.js';
import { sendAsGo, wholeBody } from './go-client.js';

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
    return { ...answer, body: await wholeBody(answer.body) };
  }

  stream(request: AppRequest): Promise<AppAnswer<Readable>> {
    const { headers } = request;
    return sendAsGo(this.pool, this.origin, {
      ...request,
      ...(this.token && {
        headers: { ...headers, [Headers.apiToken]: this.token },
      }),
    });
  }

  /** Cuts what is still under way. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }
}
