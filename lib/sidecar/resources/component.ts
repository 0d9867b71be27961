import { randomUUID } from 'node:crypto';
import type { Fields } from './fields.js';
import type { Manifest } from './manifests.js';

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

type Environment = Readonly<Record<string, string | undefined>>;

/** @see https://docs.dapr.io/reference/resource-specs/component-schema/ */
export function readComponent(
  manifest: Manifest,
  environment: Environment,
): Component {
  const spec = manifest.fields.fields('spec');
  return {
    name: manifest.name,
    type: spec.requiredText('type'),
    version: spec.text('version') || 'v1',
    metadata: readMetadata(spec, environment),
    scopes: manifest.scopes,
    ignoreErrors: spec.flag('ignoreErrors') ?? false,
    file: manifest.file,
  };
}

function readMetadata(
  spec: Fields,
  environment: Environment,
): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const item of spec.list('metadata'))
    metadata[item.requiredText('name')] = readValue(
      item,
      environment,
    ).replaceAll('{uuid}', () => randomUUID());
  return metadata;
}

function readValue(item: Fields, environment: Environment): string {
  if (item.has('secretKeyRef'))
    item.fail(
      'secretKeyRef',
      'refers to a secret, and the embedded sidecar has no secret stores yet; write a value for development, or take it from the environment with envRef',
    );
  const variable = item.text('envRef');
  if (variable === undefined) return item.anyText('value') ?? '';
  // daprd keeps its own settings, the tokens among them, from components.
  if (/^DAPR_/i.test(variable) || /^APP_API_TOKEN$/i.test(variable))
    item.fail(
      'envRef',
      `names ${variable}, which Dapr gives to no component; use a variable of another name`,
    );
  return environment[variable] ?? '';
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
