import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import type { ClientProxy, GrpcClientClass, ProxyOptions } from '../proxy.js';
import { stopError } from '../transport-error.js';
import type { GrpcChannel } from './channel.js';

/** Clients of other services; there are none over HTTP. */
export class GrpcProxy implements ClientProxy {
  constructor(private readonly channel: GrpcChannel) {}

  async create<T>(
    clientClass: GrpcClientClass<T>,
    options: ProxyOptions = {},
  ): Promise<T> {
    const operation = 'proxy.create';
    if (typeof clientClass !== 'function')
      throw new DaprBadRequestError(
        `${operation} failed: it takes a client class of @grpc/grpc-js, and got ${typeof clientClass}.`,
        { operation },
      );
    const link = await this.channel.load();
    const { makeProxy } = await import('./proxy-client.js');
    if (link.stopped) throw stopError(operation);
    return makeProxy(link, clientClass, options);
  }
}
