import { readFile } from 'node:fs/promises';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { isTrue, metadataValue, type Component } from './component.js';
import { isKeptByDapr, valueOf } from './values.js';

/** A secret has one value, mostly under its own name, or several. */
export type Secret = Readonly<Record<string, string>>;

export interface SecretStore {
  /** @throws Error in daprd's words where there is none of that name */
  get(name: string): Secret;
  all(): Readonly<Record<string, Secret>>;
}

/**
 * Opens a component of type `secretstores.local.*`.
 * @throws DaprConfigurationError when its file can't be had
 * @see https://docs.dapr.io/reference/components-reference/supported-secret-stores/
 */
export async function openSecretStore(
  component: Component,
  log: (line: string) => void,
): Promise<SecretStore> {
  const value = (name: string): string =>
    metadataValue(component.metadata, name) ?? '';
  if (component.type === 'secretstores.local.env')
    return environmentStore(value('prefix'), (name) =>
      log(
        `Secret store "${component.name}" gives no one the environment variable ${name}.`,
      ),
    );
  const secrets = await readSecretsFile(component, value('secretsFile'));
  const separator = value('nestedSeparator') || ':';
  return storeOf(
    hasSeveralValues(component)
      ? severalValues(secrets, separator)
      : oneValue(flattened(secrets, separator)),
  );
}

/** Each secret of the store may have several values. */
export function hasSeveralValues({ type, metadata }: Component): boolean {
  return (
    type === 'secretstores.local.file' &&
    isTrue(metadataValue(metadata, 'multiValued'))
  );
}

function storeOf(secrets: ReadonlyMap<string, Secret>): SecretStore {
  return {
    get(name) {
      const secret = secrets.get(name);
      if (!secret) throw new Error(`secret ${name} not found`);
      return secret;
    },
    all: () => Object.fromEntries(secrets),
  };
}

/** What is missing, and what Dapr keeps for itself, is empty (components-contrib secretstores/local/env). */
function environmentStore(
  prefix: string,
  warn: (name: string) => void,
): SecretStore {
  return {
    get(name) {
      const variable = prefix + name;
      const isKept = isKeptByDapr(variable);
      if (isKept) warn(variable);
      return { [name]: (isKept ? '' : valueOf(process.env, variable)) ?? '' };
    },
    all: () =>
      Object.fromEntries(
        Object.entries(process.env)
          .filter(
            ([name]) =>
              name.startsWith(prefix) &&
              (prefix === '' || name !== prefix) &&
              !isKeptByDapr(name),
          )
          .map(([name, value = '']) => {
            const key = name.slice(prefix.length);
            return [key, { [key]: value }];
          }),
      ),
  };
}

async function readSecretsFile(
  { file, name }: Component,
  path: string,
): Promise<object> {
  const place = `${file}: Component "${name}"`;
  const text = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DaprConfigurationError(
      path === ''
        ? `${place}: the metadata "secretsFile" is missing. Name a JSON file.`
        : `${place}: the secretsFile "${path}" can't be read (${error.code}). Name a JSON file that exists, relative to ${process.cwd()}.`,
      { cause: error },
    );
  });
  try {
    const secrets: unknown = JSON.parse(text.toString());
    if (typeof secrets === 'object' && !Array.isArray(secrets))
      return secrets ?? {};
  } catch {
    // Its words would quote the secrets.
  }
  throw new DaprConfigurationError(
    `${place}: the secretsFile "${path}" holds no JSON object.`,
  );
}

function oneValue(values: ReadonlyMap<string, string>): Map<string, Secret> {
  return new Map([...values].map(([name, value]) => [name, { [name]: value }]));
}

// Of the top level only texts and objects count.
function severalValues(
  secrets: object,
  separator: string,
): Map<string, Secret> {
  const all = new Map<string, Secret>();
  for (const [name, value] of Object.entries(secrets) as [string, unknown][])
    if (typeof value === 'string') all.set(name, { [name]: value });
    else if (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value)
    )
      all.set(name, Object.fromEntries(flattened(value, separator)));
  return all;
}

/** The leaves by their paths: `database:password`, `hosts:0`. */
function flattened(value: object, separator: string): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (part: unknown, path: string): void => {
    if (typeof part !== 'object' || part === null) {
      if (!leaves.has(path)) leaves.set(path, goText(part));
      return;
    }
    for (const [key, member] of Object.entries(part))
      visit(member, path === '' ? key : `${path}${separator}${key}`);
  };
  visit(value, '');
  return leaves;
}

/** As Go's fmt.Sprintf("%s"), which names the type of what is no text: https://pkg.go.dev/fmt#hdr-Format_errors */
function goText(value: unknown): string {
  if (typeof value === 'number') return `%!s(float64=${goFloat(value)})`;
  if (typeof value === 'boolean') return `%!s(bool=${value})`;
  return typeof value === 'string' ? value : '%!s(<nil>)';
}

/** As Go's %v: with an exponent, of two digits at least, below 1e-4 and from 1e6 on. */
function goFloat(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  return value
    .toExponential()
    .replace(/e([+-])(\d)$/, (_, sign, digit) => `e${sign}0${digit}`);
}
