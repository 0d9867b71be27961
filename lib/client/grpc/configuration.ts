import { DaprError } from '../../errors/dapr.error.js';
import type { Clock, ScheduledCall } from '../../protocol/clock.js';
import {
  configurationItems,
  type ConfigurationItems,
} from '../../protocol/configuration.js';
import { requireTimeout, type CallOptions } from '../call-options.js';
import type { ConfigurationRequest } from '../configuration.js';
import type { ConfigurationListener } from '../configuration-watch.js';
import { metadataText } from '../metadata-values.js';
import { timeoutError, unavailableError } from '../transport-error.js';
import { WatchedConfiguration } from '../watched-configuration.js';
import type { GrpcChannel } from './channel.js';

/** Configuration over gRPC. */
export class GrpcConfiguration extends WatchedConfiguration {
  constructor(
    private readonly channel: GrpcChannel,
    warn: (line: string) => void,
  ) {
    super(channel.clock, warn);
  }

  protected async read(
    request: ConfigurationRequest,
    options: CallOptions | undefined,
  ): Promise<ConfigurationItems> {
    const { operation } = request;
    const { items } = await this.channel.unary(
      'getConfiguration',
      wireRequest(request),
      {
        operation,
        errorCode: 'ERR_CONFIGURATION_GET',
        options,
        repeatable: true,
      },
    );
    return configurationItems(items);
  }

  protected open(
    request: ConfigurationRequest,
    listener: ConfigurationListener,
    options: CallOptions & { readonly signal: AbortSignal },
  ): Promise<() => Promise<void>> {
    return openStream(this.channel, request, listener, options);
  }
}

/** Resolves with the first message, which says that the subscription stands. */
async function openStream(
  channel: GrpcChannel,
  request: ConfigurationRequest,
  listener: ConfigurationListener,
  { signal, timeout }: CallOptions & { readonly signal: AbortSignal },
): Promise<() => Promise<void>> {
  const { operation } = request;
  const link = await channel.load();
  const limit = timeout ?? link.options.timeout;
  requireTimeout(operation, limit);
  const call = await channel.serverStream(
    'subscribeConfiguration',
    wireRequest(request),
    {
      operation,
      errorCode: 'ERR_CONFIGURATION_SUBSCRIBE',
      options: { signal },
    },
  );
  const { stream } = call;
  // Where it is 0, the stream itself fails at once.
  const patience = link.options.readyTimeout || Infinity;
  return new Promise((resolve, reject) => {
    let state: 'opening' | 'open' | 'over' = 'opening';
    let timer: ScheduledCall | undefined;
    const wait = (from: number, to: number): void => {
      timer = scheduled(channel.clock, to - from, () => {
        const { connected, description } = link;
        if (!connected)
          fail(unavailableError(operation, description, 'gRPC', undefined));
        else if (to < limit) wait(to, limit);
        else fail(timeoutError(operation, description, limit));
      });
    };
    wait(0, Math.min(limit, patience));
    const close = async (): Promise<void> => {
      state = 'over';
      timer?.cancel();
      stream.cancel();
    };
    const fail = (error: Error): void => {
      const before = state;
      if (before === 'over') return;
      void close();
      if (before === 'open') listener.broken(error);
      else reject(error);
    };
    stream.on('data', ({ items }) => {
      if (state === 'open')
        // That it fails is reported there.
        listener.deliver(configurationItems(items)).catch(() => undefined);
      if (state !== 'opening') return;
      state = 'open';
      timer?.cancel();
      resolve(close);
    });
    stream.on('error', (error: Error) => fail(call.failure(error) as Error));
    stream.on('end', () =>
      fail(
        new DaprError(`${operation} failed: the sidecar ended the stream.`, {
          operation,
        }),
      ),
    );
  });
}

function scheduled(
  clock: Clock,
  limit: number,
  callback: () => void,
): ScheduledCall | undefined {
  return limit === Infinity ? undefined : clock.schedule(limit, callback);
}

function wireRequest({
  operation,
  storeName,
  keys,
  metadata,
}: ConfigurationRequest) {
  return {
    storeName,
    keys: [...keys],
    metadata: metadataText(operation, metadata) ?? {},
  };
}
