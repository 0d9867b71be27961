import type { Bindings } from '../blocks/bindings.js';
import { ApiError, type ApiCall, type ApiRoute } from './api.js';
import { decodeJson } from './decode.js';
import { member, objectOr, stringMapOr, stringOr } from './members.js';

/** @see https://docs.dapr.io/reference/api/bindings_api/ */
export function bindingRoutes(bindings: Bindings): readonly ApiRoute[] {
  return [
    {
      verbs: ['POST', 'PUT'],
      path: '/v1.0/bindings/:name',
      handle: (call) => invoke(bindings, call),
    },
  ];
}

function invoke(bindings: Bindings, call: ApiCall): never {
  const { name = '' } = call.params;
  const operation = readOperation(call.body);
  try {
    return bindings.invoke(name, operation);
  } catch (error) {
    throw new ApiError(
      500,
      'ERR_INVOKE_OUTPUT_BINDING',
      `error invoking output binding ${name}: ${(error as Error).message}`,
    );
  }
}

function readOperation(body: Buffer): string {
  try {
    const request = objectOr(
      decodeJson(body, 'OutputBindingRequest.data'),
      'value of type http.OutputBindingRequest',
    );
    stringMapOr(member(request, 'metadata'), 'OutputBindingRequest.metadata');
    return (
      stringOr(
        member(request, 'operation'),
        'OutputBindingRequest.operation',
      ) ?? ''
    );
  } catch (error) {
    throw new ApiError(
      400,
      'ERR_MALFORMED_REQUEST',
      `failed deserializing HTTP body: ${(error as Error).message}`,
    );
  }
}
