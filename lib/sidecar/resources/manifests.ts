import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { Fields } from './fields.js';

/** One document of a resource file. */
export interface Manifest {
  readonly file: string;
  readonly kind: string;
  /** `v1alpha1`, `v2alpha1`, … */
  readonly version: string;
  readonly name: string;
  /** App ids that it is for; none: all. */
  readonly scopes: readonly string[];
  /** The whole document. */
  readonly fields: Fields;
}

const KINDS = new Set([
  'Component',
  'Subscription',
  'Resiliency',
  'Configuration',
  'HTTPEndpoint',
]);

/**
 * The resources in the top-level YAML files of a folder, in the order of the file names. Documents of other kinds and
 * of other tools are left alone, as daprd leaves them.
 */
export async function readManifests(folder: string): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const name of await yamlFiles(folder)) {
    const file = join(folder, name);
    for (const document of await readDocuments(file)) {
      const manifest = readManifest(file, document);
      if (manifest) manifests.push(manifest);
    }
  }
  return manifests;
}

async function yamlFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new DaprConfigurationError(
        `The resources folder "${folder}" can't be read (${error.code}). Name a folder that exists, relative to ${process.cwd()}.`,
        { cause: error },
      );
    },
  );
  return entries
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/i.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

async function readDocuments(file: string): Promise<unknown[]> {
  const text = await readFile(file, 'utf8');
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error) throw broken(file, error);
    try {
      return document.toJS() as unknown;
    } catch (error) {
      throw broken(file, error as Error);
    }
  });
}

function broken(file: string, error: Error): DaprConfigurationError {
  return new DaprConfigurationError(
    `${file} is no valid YAML: ${error.message.trimEnd()}`,
    { cause: error },
  );
}

function readManifest(file: string, document: unknown): Manifest | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const { apiVersion, kind } = document as Record<string, unknown>;
  if (typeof kind !== 'string' || !KINDS.has(kind)) return undefined;
  const group = /^dapr\.io\/(\w+)$/.exec(String(apiVersion));
  if (!group?.[1]) return undefined;
  const values = document as Record<string, unknown>;
  const name = new Fields(`${file}: ${kind}`, '', values)
    .fields('metadata')
    .requiredText('name');
  const fields = new Fields(`${file}: ${kind} "${name}"`, '', values);
  const scopes = fields.texts('scopes');
  return { file, kind, version: group[1], name, scopes, fields };
}
