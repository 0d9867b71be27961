import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';
import {
  loadResources,
  type Resources,
} from '../../../lib/sidecar/resources.js';

describe('secrets in components', () => {
  const folders: string[] = [];
  const lines: string[] = [];
  afterEach(async () => {
    lines.length = 0;
    delete process.env['SPEC_PASSWORD'];
    for (const folder of folders.splice(0))
      await rm(folder, { recursive: true });
  });

  /** Loads the documents, each in a file of its own, in this order; `FOLDER` in them is where these are. */
  const load = async (...documents: string[]): Promise<Resources> => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    folders.push(folder);
    await writeFile(
      join(folder, 'secrets.json'),
      '{"password":"p","redis":{"user":"u","password":"q"},"empty":""}',
    );
    await writeFile(join(folder, 'broken.json'), '{"password":"shown"');
    for (const [index, text] of documents.entries())
      await writeFile(
        join(folder, `${index}.yaml`),
        text.replaceAll('FOLDER', folder),
      );
    return loadResources({
      folders: [folder],
      substitute: true,
      log: (line) => lines.push(line),
    });
  };
  const component = (name: string, type: string, more: string): string => `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: ${name} }
spec:
  type: ${type}
  metadata:
${more}`;
  const fileStore = component(
    'file',
    'secretstores.local.file',
    '    - { name: secretsFile, value: FOLDER/secrets.json }',
  );
  const severalStore = component(
    'several',
    'secretstores.local.file',
    `    - { name: secretsFile, value: FOLDER/secrets.json }
    - { name: multiValued, value: true }`,
  );
  const envStore = component('env', 'secretstores.local.env', '    []');
  const user = (reference: string, store?: string): string =>
    component('store', 'state.redis', `    - ${reference}`) +
    (store ? `\nauth: { secretStore: ${store} }` : '');
  const passwordOf = (resources: Resources): string | undefined =>
    resources.componentOf('app', 'store')?.metadata['redisPassword'];

  it.each([
    ['of a file', '{ name: password }', 'file', 'p'],
    ['of a file, by a path', '{ name: "redis:password" }', 'file', 'q'],
    ['that has several values', '{ name: redis, key: user }', 'several', 'u'],
    ['of the environment', '{ name: SPEC_PASSWORD }', 'env', 'e'],
  ])('are those %s', async (_what, reference, store, value) => {
    process.env['SPEC_PASSWORD'] = 'e';
    const resources = await load(
      user(`{ name: redisPassword, secretKeyRef: ${reference} }`, store),
      fileStore,
      severalStore,
      envStore,
    );
    expect(passwordOf(resources)).toBe(value);
  });

  it.each([
    ['nothing', 'file'],
    ['empty', 'file'],
    ['SPEC_PASSWORD', 'env'],
  ])('may be missing, which a line says: %s of %s', async (secret, store) => {
    const resources = await load(
      fileStore,
      envStore,
      user(
        `{ name: redisPassword, secretKeyRef: { name: ${secret} }, value: default }`,
        store,
      ),
    );
    expect(passwordOf(resources)).toBe('default');
    expect(lines.join('\n')).toContain(
      `Component "store" goes without "redisPassword": the secret "${secret}" has no value "${secret}".`,
    );
  });

  it.each([
    ['of a secret', '{ name: redis, key: toString }', 'several'],
    ['of the environment', '{ name: toString }', 'env'],
  ])(
    'are values %s, and nothing else that objects have',
    async (_what, reference, store) => {
      const resources = await load(
        severalStore,
        envStore,
        user(`{ name: redisPassword, secretKeyRef: ${reference} }`, store),
      );
      expect(passwordOf(resources)).toBe('');
    },
  );

  it('come from variables that are there', async () => {
    const resources = await load(
      user('{ name: redisPassword, envRef: toString }'),
    );
    expect(passwordOf(resources)).toBe('');
  });

  it.each([
    [
      'without a store',
      user('{ name: redisPassword, secretKeyRef: { name: password } }'),
      /Component "store": auth\.secretStore is missing/,
    ],
    [
      'of a store that is not there',
      user('{ name: p, secretKeyRef: { name: password } }', 'vault'),
      /Component "store": auth\.secretStore names no secret store that is loaded/,
    ],
    [
      'without a name',
      user('{ name: p, secretKeyRef: { key: password } }', 'file'),
      /Component "store": .*secretKeyRef\.name is missing/,
    ],
  ])('are refused %s', async (_what, document, message) => {
    const failed = load(fileStore, document);
    await expect(failed).rejects.toThrow(DaprConfigurationError);
    await expect(failed).rejects.toThrow(message);
  });

  it.each([
    ['no file', '[]', /"secretsFile" is missing/],
    [
      'a file that is not there',
      '[{ name: secretsFile, value: FOLDER/none.json }]',
      /none\.json" can't be read \(ENOENT\)\. .*relative to/,
    ],
    [
      'a file that is no JSON object',
      '[{ name: secretsFile, value: FOLDER/broken.json }]',
      /broken\.json" holds no JSON object\.$/,
    ],
  ])('are in no store with %s', async (_what, metadata, message) => {
    const store = (more = ''): string => `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: file }
spec: { type: secretstores.local.file, metadata: ${metadata}${more} }`;
    const failed = load(store());
    await expect(failed).rejects.toThrow(DaprConfigurationError);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.not.toThrow(/shown/);
    const resources = await load(store(', ignoreErrors: true'));
    expect(resources.components).toEqual([]);
    expect(lines.join('\n')).toMatch(/^Left out: /);
  });

  it.each([
    [
      'a store twice',
      '[{ storeName: file }, { storeName: file }]',
      /"file" has scopes already/,
    ],
    [
      'another access',
      '[{ storeName: file, defaultAccess: some }]',
      /defaultAccess must be allow or deny/,
    ],
  ])('have no scopes that name %s', async (_what, scopes, message) => {
    const failed = load(`
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: c }
spec: { secrets: { scopes: ${scopes} } }`);
    await expect(failed).rejects.toThrow(message);
  });
});
