import { setMaxListeners } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import type { AppAnswer, AppChannel, AppRequest } from './channel.js';
import type { GrpcConnection } from './grpc-connection.js';

/** One running process of an application, as long as it is connected. */
export class Replica implements AppChannel {
  readonly grpc: AppChannel['grpc'];
  private readonly departure = new AbortController();
  private underWay = 0;
  private whenQuiet: (() => void)[] = [];

  constructor(
    readonly appId: string,
    /** Tells replicas of one application apart. */
    readonly instanceId: string,
    readonly channel: AppChannel,
  ) {
    // Every retry that waits for its time listens.
    setMaxListeners(0, this.departure.signal);
    const { grpc } = channel;
    this.grpc = grpc && { open: (...call) => this.open(grpc, ...call) };
  }

  /** Aborts when the process is about to go: nothing new may reach it. */
  get leaving(): AbortSignal {
    return this.departure.signal;
  }

  leave(): void {
    this.departure.abort(new Error(`application ${this.appId} disconnects`));
  }

  async request(request: AppRequest): Promise<AppAnswer> {
    this.underWay += 1;
    try {
      return await this.channel.request(request);
    } finally {
      this.end();
    }
  }

  async stream(request: AppRequest): Promise<AppAnswer<Readable>> {
    this.underWay += 1;
    try {
      const answer = await this.channel.stream(request);
      answer.body.once('close', () => this.end());
      return answer;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Resolves when no call is under way. */
  async quiet(): Promise<void> {
    while (this.underWay > 0)
      await new Promise<void>((resolve) => this.whenQuiet.push(resolve));
  }

  async close(): Promise<void> {
    await this.channel.close();
  }

  private open(
    grpc: Pick<GrpcConnection, 'open'>,
    ...call: Parameters<GrpcConnection['open']>
  ): ClientHttp2Stream {
    const stream = grpc.open(...call);
    this.underWay += 1;
    stream.once('close', () => this.end());
    return stream;
  }

  private end(): void {
    this.underWay -= 1;
    if (this.underWay > 0) return;
    const resolves = this.whenQuiet;
    this.whenQuiet = [];
    for (const resolve of resolves) resolve();
  }
}
