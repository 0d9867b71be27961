import { DaprBadRequestError } from '../../errors/dapr-bad-request.error.js';
import {
  configurationItems,
  type ConfigurationItems,
  type WireConfigurationItem,
} from '../../protocol/configuration.js';
import type { CallOptions } from '../call-options.js';
import type { ConfigurationRequest } from '../configuration.js';
import type { ConfigurationUpdates } from '../configuration-updates.js';
import type { ConfigurationListener } from '../configuration-watch.js';
import { parseAnswer } from '../json.js';
import { WatchedConfiguration } from '../watched-configuration.js';
import type { HttpCall, HttpChannel } from './channel.js';
import { PostedUpdates } from './posted-updates.js';
import { pathPart, queryText } from './path.js';

/** Configuration over HTTP. */
export class HttpConfiguration extends WatchedConfiguration {
  /** `updates` are those that the app receives; without an app there are none. */
  constructor(
    private readonly channel: HttpChannel,
    warn: (line: string) => void,
    private readonly updates: ConfigurationUpdates | undefined,
  ) {
    super(channel.clock, warn);
    updates?.attach((storeName, id) => void this.#unsubscribe(storeName, id));
  }

  protected async read(
    request: ConfigurationRequest,
    options: CallOptions | undefined,
  ): Promise<ConfigurationItems> {
    const { status, body } = await this.channel.send({
      ...getCall(request, '', options),
      repeatable: true,
    });
    if (status === 204) return configurationItems({});
    const items = parseAnswer(request.operation, body);
    return configurationItems(items as Record<string, WireConfigurationItem>);
  }

  protected async open(
    request: ConfigurationRequest,
    listener: ConfigurationListener,
    options: CallOptions,
  ): Promise<() => Promise<void>> {
    const { updates } = this;
    const { operation, storeName } = request;
    if (!updates)
      throw new DaprBadRequestError(
        `${operation} failed: over HTTP Dapr posts changes to an app, and this client is not that of an app with DaprModule. ` +
          'Give the client communicationProtocol: CommunicationProtocolEnum.GRPC, or inject the DaprClient of DaprModule.',
        { operation },
      );
    return new PostedUpdates(updates, storeName, listener, {
      subscribe: () => this.#subscribe(request, options),
      unsubscribe: (id) => this.#unsubscribe(storeName, id),
    }).open();
  }

  async #subscribe(
    request: ConfigurationRequest,
    options: CallOptions,
  ): Promise<string> {
    const { body } = await this.channel.send(
      getCall(request, '/subscribe', options),
    );
    return (parseAnswer(request.operation, body) as { id: string }).id;
  }

  /** False where the sidecar does not know the subscription, or can't be asked. Never rejects. */
  async #unsubscribe(storeName: string, id: string): Promise<boolean> {
    const operation = `configuration.unsubscribe "${storeName}"`;
    try {
      const { status } = await this.channel.request({
        operation,
        lane: 'leaf',
        method: 'GET',
        path: `${storePath(operation, storeName)}/${pathPart(operation, 'id', id)}/unsubscribe`,
        options: { timeout: UNSUBSCRIBE_TIMEOUT },
        readyTimeout: 0,
      });
      return status < 300;
    } catch {
      return false;
    }
  }
}

// Nothing depends on it: a subscription whose client is gone does no harm.
const UNSUBSCRIBE_TIMEOUT = 5_000;

function getCall(
  { operation, storeName, keys, metadata }: ConfigurationRequest,
  path: string,
  options: CallOptions | undefined,
): HttpCall {
  return {
    operation,
    lane: 'leaf',
    method: 'GET',
    path: `${storePath(operation, storeName)}${path}${queryText(operation, { key: keys }, metadata)}`,
    options,
  };
}

function storePath(operation: string, storeName: string): string {
  return `/v1.0/configuration/${pathPart(operation, 'store name', storeName)}`;
}
