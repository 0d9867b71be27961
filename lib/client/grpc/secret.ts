import type { CallOptions } from '../call-options.js';
import { metadataText } from '../metadata-values.js';
import { requireName } from '../name.js';
import {
  secretMetadata,
  type ClientSecret,
  type Secret,
  type SecretMetadata,
} from '../secret.js';
import type { GrpcCall, GrpcChannel } from './channel.js';

/** Secrets over gRPC. */
export class GrpcSecret implements ClientSecret {
  constructor(private readonly channel: GrpcChannel) {}

  async get(
    secretStoreName: string,
    key: string,
    metadata?: SecretMetadata,
    options?: CallOptions,
  ): Promise<Secret> {
    const operation = `secret.get "${secretStoreName}" key "${key}"`;
    requireName(operation, 'store name', secretStoreName);
    requireName(operation, 'key', key);
    const { data } = await this.channel.unary(
      'getSecret',
      {
        storeName: secretStoreName,
        key,
        metadata:
          metadataText(operation, secretMetadata(operation, metadata)) ?? {},
      },
      callOf(operation, options),
    );
    return data;
  }

  async getBulk(
    secretStoreName: string,
    metadata?: SecretMetadata,
    options?: CallOptions,
  ): Promise<Readonly<Record<string, Secret>>> {
    const operation = `secret.getBulk "${secretStoreName}"`;
    requireName(operation, 'store name', secretStoreName);
    const { data } = await this.channel.unary(
      'getBulkSecret',
      {
        storeName: secretStoreName,
        metadata:
          metadataText(operation, secretMetadata(operation, metadata)) ?? {},
      },
      callOf(operation, options),
    );
    return Object.fromEntries(
      Object.entries(data).map(([name, { secrets }]) => [name, secrets]),
    );
  }
}

function callOf(operation: string, options: CallOptions | undefined): GrpcCall {
  return { operation, errorCode: 'ERR_SECRET_GET', options, repeatable: true };
}
