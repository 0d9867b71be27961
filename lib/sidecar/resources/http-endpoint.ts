import type { Manifest } from './manifests.js';
import { readValue, type ValueSources } from './values.js';

/** A service that has no sidecar, by the name under which applications invoke it. */
export interface HttpEndpoint {
  readonly name: string;
  /** What is invoked stands below its path. */
  readonly baseUrl: string;
  /** Sent with every call, before those of the caller. */
  readonly headers: Readonly<Record<string, string>>;
  /** App ids that may use it; empty: all. */
  readonly scopes: readonly string[];
}

/** @see https://docs.dapr.io/reference/resource-specs/httpendpoints-schema/ */
export function readHttpEndpoint(
  manifest: Manifest,
  sources: ValueSources,
): HttpEndpoint {
  const { name, scopes } = manifest;
  const spec = manifest.fields.fields('spec');
  const baseUrl = spec.requiredText('baseUrl');
  if (!/^https?:\/\//i.test(baseUrl) || !URL.canParse(baseUrl))
    spec.fail('baseUrl', `"${baseUrl}" is no http or https URL`);
  if (spec.has('clientTLS'))
    spec.fail(
      'clientTLS',
      'is not for the embedded sidecar, which shows and checks no certificates of its own; for development, leave it out or use a baseUrl with http',
    );
  const headers = spec
    .list('headers')
    .map((header) => [
      header.requiredText('name').toLowerCase(),
      readValue(manifest, header, sources),
    ]);
  return {
    name,
    baseUrl,
    headers: Object.fromEntries(headers) as Record<string, string>,
    scopes,
  };
}
