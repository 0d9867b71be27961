import type { CallOptions } from '../call-options.js';
import type { ClientMetadata, DaprMetadata } from '../metadata.js';
import type { HttpChannel } from './channel.js';
import { parseAnswer } from '../json.js';
import { pathPart } from './path.js';

/** Members without content are left out on the wire. */
type WireMetadata = {
  readonly [
    K in keyof DaprMetadata
  ]?: DaprMetadata[K] extends readonly (infer E)[]
    ? readonly Partial<E>[]
    : DaprMetadata[K];
};

/** Metadata over HTTP. */
export class HttpMetadata implements ClientMetadata {
  constructor(private readonly channel: HttpChannel) {}

  async get(options?: CallOptions): Promise<DaprMetadata> {
    const operation = 'metadata.get';
    const { body } = await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'GET',
      path: '/v1.0/metadata',
      options,
      repeatable: true,
    });
    return complete(parseAnswer(operation, body) as WireMetadata);
  }

  async set(
    key: string,
    value: string,
    options?: CallOptions,
  ): Promise<boolean> {
    const operation = `metadata.set "${key}"`;
    await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'PUT',
      path: `/v1.0/metadata/${pathPart(operation, 'key', key)}`,
      body: value,
      contentType: 'text/plain',
      options,
    });
    return true;
  }
}

function complete(wire: WireMetadata): DaprMetadata {
  return {
    ...wire,
    id: wire.id ?? '',
    runtimeVersion: wire.runtimeVersion ?? '',
    enabledFeatures: wire.enabledFeatures ?? [],
    actors: (wire.actors ?? []).map(({ type = '', count = 0 }) => ({
      type,
      count,
    })),
    components: (wire.components ?? []).map((component) => ({
      name: '',
      type: '',
      version: '',
      capabilities: [],
      ...component,
    })),
    subscriptions: (wire.subscriptions ?? []).map((subscription) => ({
      pubsubname: '',
      topic: '',
      deadLetterTopic: '',
      rules: [],
      ...subscription,
    })),
    extended: wire.extended ?? {},
  } as DaprMetadata;
}
