import { describeSidecar, type MetadataSource } from '../blocks/metadata.js';
import type { GrpcMethods } from './api.js';

/**
 * `extended` holds the values that the application puts there.
 * @see https://docs.dapr.io/reference/api/metadata_api/
 */
export function metadataMethods(
  source: () => MetadataSource,
  extended: Map<string, string>,
): GrpcMethods {
  return {
    getMetadata: () => describeSidecar(source(), extended),
    setMetadata({ key, value }) {
      if (key !== '') extended.set(key, value);
      return {};
    },
  };
}
