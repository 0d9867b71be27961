import { GrpcCode } from '../../protocol/grpc-code.js';
import type { HeaderBag } from '../../protocol/headers.js';
import { BindingError } from '../blocks/output-binding.js';
import type { OutputBindings } from '../blocks/output-bindings.js';
import { NO_TRACE } from '../trace.js';
import {
  errorInfo,
  GrpcError,
  type GrpcCall,
  type GrpcMethods,
} from './api.js';
import { incomingMetadata } from './incoming.js';

/** @see https://docs.dapr.io/reference/api/bindings_api/ */
export function bindingMethods(bindings: OutputBindings): GrpcMethods {
  return {
    async invokeBinding({ name, operation, data, metadata }, call) {
      const { appId, headers, signal } = call;
      try {
        const answer = await bindings.invoke(appId, name, {
          operation,
          data,
          metadata: withHeaders(metadata, headers),
          signal,
        });
        tell(call, answer?.metadata);
        return {
          data: answer?.data ?? Buffer.alloc(0),
          metadata: { ...answer?.metadata },
        };
      } catch (error) {
        if (error instanceof BindingError) tell(call, error.metadata);
        throw new GrpcError(
          GrpcCode.internal,
          `error invoking output binding ${name}: ${(error as Error).message}`,
          [errorInfo('ERR_INVOKE_OUTPUT_BINDING')],
        );
      }
    },
  };
}

const OF_TRACE = new Set(['traceparent', 'tracestate']);

/** daprd hands all that a call carries to the component; what the request says itself comes first, but for its trace. */
function withHeaders(
  metadata: Readonly<Record<string, string>>,
  headers: HeaderBag,
): Record<string, string> {
  const all: Record<string, string> = { traceparent: NO_TRACE, ...metadata };
  for (const [name, [first = '']] of Object.entries(incomingMetadata(headers)))
    if (!(name in metadata) || OF_TRACE.has(name)) all[name] = first;
  return all;
}

function tell(
  { answerHeaders }: GrpcCall,
  metadata: Readonly<Record<string, string>> = {},
): void {
  for (const [name, value] of Object.entries(metadata))
    answerHeaders[`metadata.${name.toLowerCase()}`] = value;
}
