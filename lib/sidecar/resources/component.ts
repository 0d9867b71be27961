import { randomUUID } from 'node:crypto';
import type { Fields } from './fields.js';
import type { Manifest } from './manifests.js';
import type { Secret, SecretStore } from './secret-store.js';

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

/** Where metadata values come from that do not stand in the file. */
export interface ValueSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secretStores: ReadonlyMap<string, SecretStore>;
  readonly log: (line: string) => void;
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
  for (const item of spec.list('metadata')) {
    const value = item.has('secretKeyRef')
      ? readSecret(manifest, item, sources)
      : readValue(item, sources);
    metadata[item.requiredText('name')] = value.replaceAll('{uuid}', () =>
      randomUUID(),
    );
  }
  return metadata;
}

// daprd goes without a secret that is not there, too.
function readSecret(
  { name: component, file, fields }: Manifest,
  item: Fields,
  { secretStores, log }: ValueSources,
): string {
  const reference = item.fields('secretKeyRef');
  const name = reference.requiredText('name');
  const key = reference.text('key') || name;
  const auth: Fields = fields.fields('auth');
  const store = secretStores.get(auth.requiredText('secretStore'));
  if (!store)
    auth.fail(
      'secretStore',
      'names no secret store that is loaded; add the component, or write a value for development',
    );
  const value = secretOf(store, name)?.[key];
  if (value) return value;
  log(
    `${file}: Component "${component}" goes without its metadata "${item.requiredText('name')}": the secret "${name}" has no value "${key}".`,
  );
  return item.anyText('value') ?? '';
}

function secretOf(store: SecretStore, name: string): Secret | undefined {
  try {
    return store.get(name);
  } catch {
    return undefined;
  }
}

function readValue(item: Fields, { environment }: ValueSources): string {
  const variable = item.text('envRef');
  if (variable === undefined) return item.anyText('value') ?? '';
  if (isKeptByDapr(variable))
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

/** Whether a metadata value means yes, as Dapr reads it (kit utils.IsTruthy). */
export function isTrue(value: string | undefined): boolean {
  return /^(?:y|yes|true|t|on|1)$/i.test(value?.trim() ?? '');
}

/** The variables that daprd gives to no component and no application: its own settings, the tokens among them. */
export function isKeptByDapr(variable: string): boolean {
  return /^(?:DAPR_|APP_API_TOKEN$)/i.test(variable);
}
