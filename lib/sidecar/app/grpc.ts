import { Readable } from 'node:stream';
import type { AppAnswer, AppChannel, AppRequest } from './channel.js';
import { GrpcConnection } from './grpc-connection.js';

/** Calls an application over gRPC: its own services as they are, and invocations by AppCallback.OnInvoke. */
export class GrpcAppChannel implements AppChannel {
  readonly grpc: GrpcConnection;

  constructor(origin: string, token?: string) {
    this.grpc = new GrpcConnection(origin, token);
  }

  async request(request: AppRequest): Promise<AppAnswer> {
    // With generated code, loaded for applications that speak gRPC.
    const { onInvoke } = await import('./on-invoke.js');
    return onInvoke(this.grpc, request);
  }

  async stream(request: AppRequest): Promise<AppAnswer<Readable>> {
    const answer = await this.request(request);
    return { ...answer, body: Readable.from([answer.body]) };
  }

  async close(): Promise<void> {
    this.grpc.close();
  }
}
