import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import type { CallOptions } from './call-options.js';
import type { MetadataValues } from './metadata-values.js';

/** The values of a secret by their names: mostly one, under the secret's own name. */
export type Secret = Readonly<Record<string, string>>;

/** What a store is told beside the name: values, or text as in a query, such as `metadata.version_id=3`. */
export type SecretMetadata = MetadataValues | string;

/**
 * Secrets. An unknown store, or one that is not configured, rejects with a `DaprNotFoundError`.
 * @see https://docs.dapr.io/reference/api/secrets_api/
 */
export interface ClientSecret {
  /**
   * The values of a secret. A store may hold several under one name; then all of them come.
   * @param metadata as the store takes it, such as `version_id`
   * @throws DaprNotFoundError where the store says that it has no such secret; some stores answer with an empty value
   * @throws DaprPermissionError for a secret that the sidecar's Configuration denies this app
   */
  get(
    secretStoreName: string,
    key: string,
    metadata?: SecretMetadata,
    options?: CallOptions,
  ): Promise<Secret>;
  /** All secrets that the app may read, by their names. */
  getBulk(
    secretStoreName: string,
    metadata?: SecretMetadata,
    options?: CallOptions,
  ): Promise<Readonly<Record<string, Secret>>>;
}

const PREFIX = 'metadata.';

/** The values that `metadata` holds. @throws {@link DaprBadRequestError} for text that Dapr would pass over */
export function secretMetadata(
  operation: string,
  metadata: SecretMetadata | undefined,
): MetadataValues | undefined {
  if (typeof metadata !== 'string') return metadata;
  const values: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(metadata)) {
    if (!name.startsWith(PREFIX))
      throw new DaprBadRequestError(
        `${operation} failed: the metadata names "${name}" without "${PREFIX}" before it, and Dapr would pass over it. Write ${PREFIX}${name}=…, or give an object.`,
        { operation },
      );
    values[name.slice(PREFIX.length)] ??= value;
  }
  return values;
}
