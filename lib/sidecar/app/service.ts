import type { Readable } from 'node:stream';
import { Agent, interceptors, type Dispatcher } from 'undici';
import type { AppAnswer, AppRequest } from './channel.js';
import { sendAsGo } from './go-client.js';

// As Go's client.
const MOST_REDIRECTS = 10;

/** Calls what is no application of ours. Follows redirects, as Go's client does unless it is told not to. */
export class HttpService {
  private readonly agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  private readonly following: Dispatcher = this.agent.compose(
    interceptors.redirect({ maxRedirections: MOST_REDIRECTS }),
  );

  /** Answers when the headers are there. */
  stream(
    { origin, pathname, search }: URL,
    request: Omit<AppRequest, 'path'>,
  ): Promise<AppAnswer<Readable>> {
    const path = pathname + search;
    return sendAsGo(this.following, origin, { ...request, path });
  }

  /** Cuts what is still under way. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }
}
