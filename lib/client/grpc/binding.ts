import { goJson } from '../../protocol/go-json.js';
import { decodeLenient } from '../../protocol/payload.js';
import type { ClientBinding } from '../binding.js';
import type { CallOptions } from '../call-options.js';
import { jsonOf } from '../json.js';
import { metadataText, type MetadataValues } from '../metadata-values.js';
import { requireName } from '../name.js';
import type { GrpcChannel } from './channel.js';

/** Output bindings over gRPC. */
export class GrpcBinding implements ClientBinding {
  constructor(private readonly channel: GrpcChannel) {}

  async send<T = unknown>(
    bindingName: string,
    operation: string,
    data?: unknown,
    metadata?: MetadataValues,
    options?: CallOptions,
  ): Promise<T> {
    const call = `binding.send "${bindingName}" operation "${operation}"`;
    requireName(call, 'binding name', bindingName);
    const answer = await this.channel.unary(
      'invokeBinding',
      {
        name: bindingName,
        operation,
        data: asOverHttp(jsonOf(call, { data })),
        metadata: metadataText(call, metadata) ?? {},
      },
      { operation: call, errorCode: 'ERR_INVOKE_OUTPUT_BINDING', options },
    );
    return decodeLenient(answer.data) as T;
  }
}

/** The bytes that a component gets of a request over HTTP: daprd reads the JSON there and writes `data` anew. */
function asOverHttp(request: string): Buffer {
  const { data = null } = JSON.parse(request) as { readonly data?: unknown };
  return Buffer.from(goJson(data));
}
