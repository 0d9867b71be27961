import type { CallOptions } from '../call-options.js';
import { parseAnswer } from '../json.js';
import {
  secretMetadata,
  type ClientSecret,
  type Secret,
  type SecretMetadata,
} from '../secret.js';
import type { HttpChannel } from './channel.js';
import { pathPart, queryText } from './path.js';

/** Secrets over HTTP. */
export class HttpSecret implements ClientSecret {
  constructor(private readonly channel: HttpChannel) {}

  get(
    secretStoreName: string,
    key: string,
    metadata?: SecretMetadata,
    options?: CallOptions,
  ): Promise<Secret> {
    const operation = `secret.get "${secretStoreName}" key "${key}"`;
    return this.#read<Secret>(
      operation,
      () =>
        `${storePath(operation, secretStoreName)}/${keyPart(operation, key)}`,
      metadata,
      options,
    );
  }

  getBulk(
    secretStoreName: string,
    metadata?: SecretMetadata,
    options?: CallOptions,
  ): Promise<Readonly<Record<string, Secret>>> {
    const operation = `secret.getBulk "${secretStoreName}"`;
    return this.#read<Readonly<Record<string, Secret>>>(
      operation,
      () => `${storePath(operation, secretStoreName)}/bulk`,
      metadata,
      options,
    );
  }

  async #read<T>(
    operation: string,
    path: () => string,
    metadata: SecretMetadata | undefined,
    options: CallOptions | undefined,
  ): Promise<T> {
    const { status, body } = await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'GET',
      path:
        path() + queryText(operation, {}, secretMetadata(operation, metadata)),
      options,
      repeatable: true,
    });
    return (status === 204 ? {} : parseAnswer(operation, body)) as T;
  }
}

// Written as it is, it would be the path of all secrets; daprd unescapes it only once it has chosen the route.
function keyPart(operation: string, key: string): string {
  return key === 'bulk' ? '%62ulk' : pathPart(operation, 'key', key);
}

function storePath(operation: string, storeName: string): string {
  return `/v1.0/secrets/${pathPart(operation, 'store name', storeName)}`;
}
