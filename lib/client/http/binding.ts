import { decodeLenient } from '../../protocol/payload.js';
import type { ClientBinding } from '../binding.js';
import type { CallOptions } from '../call-options.js';
import { metadataText, type MetadataValues } from '../metadata-values.js';
import { JSON_TYPE, type HttpChannel } from './channel.js';
import { jsonOf } from '../json.js';
import { pathPart } from './path.js';

/** Output bindings over HTTP. */
export class HttpBinding implements ClientBinding {
  constructor(private readonly channel: HttpChannel) {}

  async send<T = unknown>(
    bindingName: string,
    operation: string,
    data?: unknown,
    metadata?: MetadataValues,
    options?: CallOptions,
  ): Promise<T> {
    const call = `binding.send "${bindingName}" operation "${operation}"`;
    const { body } = await this.channel.send({
      operation: call,
      lane: 'reentrant',
      method: 'POST',
      path: `/v1.0/bindings/${pathPart(call, 'binding name', bindingName)}`,
      body: jsonOf(call, {
        operation,
        data,
        metadata: metadataText(call, metadata),
      }),
      contentType: JSON_TYPE,
      options,
    });
    return decodeLenient(body) as T;
  }
}
