import type { Fields } from './fields.js';
import type { Manifest } from './manifests.js';
import type { Secret, SecretStore } from './secret-store.js';

/** Where values come from that do not stand in the file. */
export interface ValueSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secretStores: ReadonlyMap<string, SecretStore>;
  readonly log: (line: string) => void;
}

/** The value of an item with a name: a text, a secret, or a variable of the environment. */
export function readValue(
  manifest: Manifest,
  item: Fields,
  sources: ValueSources,
): string {
  if (item.has('secretKeyRef')) return readSecret(manifest, item, sources);
  const variable = item.text('envRef');
  if (variable === undefined) return item.anyText('value') ?? '';
  if (isKeptByDapr(variable))
    item.fail(
      'envRef',
      `names ${variable}, which Dapr gives to no component; use a variable of another name`,
    );
  return valueOf(sources.environment, variable) ?? '';
}

/** Of names that users choose, which may be those of what every object has. */
export function valueOf(
  values: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** The variables that daprd gives to no component and no application: its own settings, the tokens among them. */
export function isKeptByDapr(variable: string): boolean {
  return /^(?:DAPR_|APP_API_TOKEN$)/i.test(variable);
}

// daprd goes without a secret that is not there, too.
function readSecret(
  { fields }: Manifest,
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
  const secret = secretOf(store, name);
  const value = secret && valueOf(secret, key);
  if (value) return value;
  log(
    `${fields.place} goes without "${item.requiredText('name')}": the secret "${name}" has no value "${key}".`,
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
