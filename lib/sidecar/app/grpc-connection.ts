import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { Headers } from '../../protocol/headers.js';

/** The HTTP/2 session to an application that speaks gRPC, dialled anew where it has ended. */
export class GrpcConnection {
  private session: ClientHttp2Session | undefined;
  /** With those on which calls are left to end. */
  private readonly sessions = new Set<ClientHttp2Session>();
  private isClosed = false;

  constructor(
    private readonly origin: string,
    private readonly token?: string,
  ) {}

  /** Begins a call. An application that can't be reached is an error of the stream. */
  open(path: string, headers: OutgoingHttpHeaders): ClientHttp2Stream {
    const { [Headers.apiToken]: _, ...others } = headers;
    return this.connected().request({
      ...others,
      ...(this.token && { [Headers.apiToken]: this.token }),
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      te: 'trailers',
    });
  }

  /** Cuts what is still under way. */
  close(): void {
    this.isClosed = true;
    for (const session of this.sessions) session.destroy();
  }

  private connected(): ClientHttp2Session {
    if (this.isClosed) throw new Error('the application is going');
    const { session } = this;
    if (session && !session.closed && !session.destroyed) return session;
    const made = connect(this.origin, {
      maxSessionMemory: 1024,
      settings: { initialWindowSize: 1024 * 1024 },
    });
    // Every stream of it is told.
    made.on('error', () => undefined);
    made.once('close', () => this.sessions.delete(made));
    this.sessions.add(made);
    this.session = made;
    return made;
  }
}
