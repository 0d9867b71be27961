import { randomUUID } from 'node:crypto';
import type { Fields } from './fields.js';
import type { Manifest } from './manifests.js';
import { readValue, type ValueSources } from './values.js';

/** A building block's backend, by the name under which applications use it. */
export interface Component {
  readonly name: string;
  readonly type: string;
  readonly version: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** App ids that may use it; empty: all. */
  readonly scopes: readonly string[];
  readonly ignoreErrors: boolean;
  /** Where it was read from; absent for those that are there without any file. */
  readonly file?: string;
}

/** @see https://docs.dapr.io/reference/resource-specs/component-schema/ */
export function readComponent(
  manifest: Manifest,
  sources: ValueSources,
): Component {
  const spec = manifest.fields.fields('spec');
  return {
    name: manifest.name,
    type: spec.requiredText('type'),
    version: spec.text('version') || 'v1',
    metadata: readMetadata(manifest, spec, sources),
    scopes: manifest.scopes,
    ignoreErrors: spec.flag('ignoreErrors') ?? false,
    file: manifest.file,
  };
}

function readMetadata(
  manifest: Manifest,
  spec: Fields,
  sources: ValueSources,
): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const item of spec.list('metadata'))
    metadata[item.requiredText('name')] = readValue(
      manifest,
      item,
      sources,
    ).replaceAll('{uuid}', () => randomUUID());
  return metadata;
}

/** The metadata as the sidecar of one application sees it. */
export function metadataFor(
  component: Component,
  appId: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(component.metadata).map(([name, value]) => [
      name,
      value
        .replaceAll('{appID}', appId)
        .replaceAll('{namespace}', `default.${appId}`)
        .replaceAll('{podName}', ''),
    ]),
  );
}

/** One metadata value; Dapr compares the names without case. */
export function metadataValue(
  metadata: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(metadata).find(
    ([key]) => key.toLowerCase() === wanted,
  )?.[1];
}

/** Whether a metadata value means yes, as Dapr reads it (kit utils.IsTruthy). */
export function isTrue(value: string | undefined): boolean {
  return /^(?:y|yes|true|t|on|1)$/i.test(value?.trim() ?? '');
}
