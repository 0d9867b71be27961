import { ApiError } from './api.js';
import {
  decodeProtoJson,
  type ProtoFields,
  type ProtoValues,
} from './proto-json.js';

/** A body that daprd decodes into a message of gRPC. @throws ApiError for one that it does not take */
export function readProtoBody<TFields extends ProtoFields>(
  body: Buffer,
  fields: TFields,
): ProtoValues<TFields> {
  try {
    return decodeProtoJson(body, fields);
  } catch (error) {
    throw new ApiError(
      400,
      'ERR_MALFORMED_REQUEST',
      `failed deserializing HTTP body: ${(error as Error).message}`,
    );
  }
}
