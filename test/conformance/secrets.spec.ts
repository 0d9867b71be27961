import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const SECRETS = {
  plain: 'v1',
  empty: '',
  'a/b c?#%+': 'special',
  markup: 'é <&>',
  nested: { a: 'x', deep: { b: 'y' }, list: ['p', 2] },
  num: 42,
  large: 1_234_567,
  tiny: -0.00001,
  yes: true,
  nul: null,
  arr: ['p', 'q'],
  none: {},
};

const SCOPES = `
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: scopes }
spec:
  secrets:
    scopes:
      - { storeName: only-plain, defaultAccess: allow, allowedSecrets: [plain] }
      - { storeName: but-plain, deniedSecrets: [plain] }
      - { storeName: closed, defaultAccess: Deny }
`;

describe('a secret store', () => {
  let folder: string;
  let sidecar: Sidecar;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    const secretsFile = join(folder, 'secrets.json');
    await writeFile(secretsFile, JSON.stringify(SECRETS));
    const files = (name: string, metadata: Record<string, string> = {}) =>
      component('secretstores.local.file', name, { secretsFile, ...metadata });
    sidecar = await startSidecar({
      config: SCOPES,
      env: {
        SPEC_EMPTY: '',
        SPEC_VALUE: 'of the environment',
        SPEC_SOME_ONE: '1',
        SPEC_SOME_TWO: '2',
        DAPR_SPEC_HIDDEN: 'hidden',
      },
      resources: resources(
        files('file'),
        files('several', { MultiValued: 'yes', nestedSeparator: '.' }),
        component('secretstores.local.env', 'env'),
        component('secretstores.local.env', 'some', { prefix: 'SPEC_SOME_' }),
        files('only-plain'),
        files('but-plain'),
        files('closed'),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const get = (store: string, key: string): Promise<WireAnswer> =>
    call(sidecar, 'GET', `/v1.0/secrets/${store}/${encodeURIComponent(key)}`);
  const bulk = (store: string): Promise<WireAnswer> =>
    call(sidecar, 'GET', `/v1.0/secrets/${store}/bulk`);

  describe('in a file', () => {
    it.each([
      ['plain', 'v1'],
      ['empty', ''],
      ['a/b c?#%+', 'special'],
      ['markup', 'é <&>'],
      ['nested:a', 'x'],
      ['nested:deep:b', 'y'],
      ['nested:list:0', 'p'],
      ['arr:1', 'q'],
    ])('gives the value of %j under its own name', async (key, value) => {
      const answer = await get('file', key);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.json).toEqual({ [key]: value });
    });

    it('writes its answers as Go does', async () => {
      const answer = await get('file', 'markup');
      expect(answer.text).toBe('{"markup":"é \\u003c\\u0026\\u003e"}\n');
    });

    it.each([
      ['num', '%!s(float64=42)'],
      ['large', '%!s(float64=1.234567e+06)'],
      ['tiny', '%!s(float64=-1e-05)'],
      ['yes', '%!s(bool=true)'],
      ['nul', '%!s(<nil>)'],
      ['nested:list:1', '%!s(float64=2)'],
    ])('gives %s, which is no text, with its type', async (key, value) => {
      expect((await get('file', key)).json).toEqual({ [key]: value });
    });

    it.each(['nested', 'arr', 'none', 'missing'])(
      'has nothing under %s',
      async (key) => {
        const answer = await get('file', key);
        expect(errorOf(answer)).toEqual({
          status: 500,
          errorCode: 'ERR_SECRET_GET',
        });
        expect(messageOf(answer)).toBe(
          `failed getting secret with key ${key} from secret store file: secret ${key} not found`,
        );
      },
    );

    it('gives all', async () => {
      expect((await bulk('file')).json).toMatchObject({
        plain: { plain: 'v1' },
        'nested:deep:b': { 'nested:deep:b': 'y' },
        num: { num: '%!s(float64=42)' },
      });
    });
  });

  describe('in a file, with several values per secret', () => {
    it('gives them by their paths', async () => {
      expect((await get('several', 'nested')).json).toEqual({
        a: 'x',
        'deep.b': 'y',
        'list.0': 'p',
        'list.1': '%!s(float64=2)',
      });
    });

    it('gives a text under its own name', async () => {
      expect((await get('several', 'plain')).json).toEqual({ plain: 'v1' });
    });

    it('gives an object without members as one', async () => {
      expect((await get('several', 'none')).text).toBe('{}\n');
    });

    it.each(['num', 'arr', 'nested.a'])('has nothing under %s', async (key) => {
      expect(errorOf(await get('several', key))).toEqual({
        status: 500,
        errorCode: 'ERR_SECRET_GET',
      });
    });

    it('gives all texts and objects', async () => {
      const all = (await bulk('several')).json as object;
      expect(Object.keys(all)).toEqual([
        'a/b c?#%+',
        'empty',
        'markup',
        'nested',
        'none',
        'plain',
      ]);
    });

    it('tells of it in the metadata', async () => {
      const { json } = await call(sidecar, 'GET', '/v1.0/metadata');
      const { components } = json as { components: { name: string }[] };
      expect(components).toContainEqual({
        name: 'several',
        type: 'secretstores.local.file',
        version: 'v1',
        capabilities: ['MULTIPLE_KEY_VALUES_PER_SECRET'],
      });
      expect(components).toContainEqual({
        name: 'file',
        type: 'secretstores.local.file',
        version: 'v1',
      });
    });
  });

  describe('of the environment', () => {
    it.each([
      ['SPEC_VALUE', 'of the environment'],
      ['toString', ''],
      ['SPEC_EMPTY', ''],
      ['SPEC_MISSING', ''],
      ['DAPR_SPEC_HIDDEN', ''],
      ['dapr_spec_hidden', ''],
      ['App_Api_Token', ''],
    ])('gives %s as %j', async (key, value) => {
      const answer = await get('env', key);
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({ [key]: value });
    });

    it('gives all but what Dapr keeps for itself', async () => {
      const all = (await bulk('env')).json as Record<string, unknown>;
      expect(all).toMatchObject({
        SPEC_VALUE: { SPEC_VALUE: 'of the environment' },
      });
      expect(all).not.toHaveProperty('DAPR_SPEC_HIDDEN');
    });

    it('puts its prefix before the names, and takes it off', async () => {
      expect((await get('some', 'ONE')).json).toEqual({ ONE: '1' });
      expect((await bulk('some')).json).toEqual({
        ONE: { ONE: '1' },
        TWO: { TWO: '2' },
      });
    });
  });

  describe('with scopes', () => {
    it.each([
      ['only-plain', 'empty'],
      ['but-plain', 'plain'],
      ['closed', 'plain'],
    ])('denies in %s the secret %s', async (store, key) => {
      const answer = await get(store, key);
      expect(errorOf(answer)).toEqual({
        status: 403,
        errorCode: 'ERR_PERMISSION_DENIED',
      });
      expect(messageOf(answer)).toBe(
        `access denied by policy to get "${key}" from "${store}"`,
      );
    });

    it.each([
      ['only-plain', 'plain', 'v1'],
      ['but-plain', 'empty', ''],
    ])('allows in %s the secret %s', async (store, key, value) => {
      expect((await get(store, key)).json).toEqual({ [key]: value });
    });

    it('leaves out of all what it denies', async () => {
      expect((await bulk('only-plain')).json).toEqual({
        plain: { plain: 'v1' },
      });
      expect((await bulk('closed')).json).toEqual({});
      expect((await bulk('but-plain')).json).not.toHaveProperty('plain');
    });
  });

  it.each(['k', 'bulk'])(
    'that is not there is answered 401: %s',
    async (key) => {
      const answer = await get('nope', key);
      expect(errorOf(answer)).toEqual({
        status: 401,
        errorCode: 'ERR_SECRET_STORE_NOT_FOUND',
      });
      expect(messageOf(answer)).toBe(
        'failed finding secret store with key nope',
      );
    },
  );

  it('is only read', async () => {
    const answer = await call(sidecar, 'POST', '/v1.0/secrets/file/plain');
    expect(errorOf(answer)).toEqual({
      status: 404,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
  });
});

describe('a component that takes a value from a secret store', () => {
  const app = new RecordingApp();
  let folder: string;
  let sidecar: Sidecar;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    const secretsFile = join(folder, 'secrets.json');
    await writeFile(secretsFile, '{"routes":{"tick":"/of/the/secret"}}');
    app.on('OPTIONS /of/the/secret', {}).on('POST /of/the/secret', {});
    await app.listen();
    sidecar = await startSidecar({
      app,
      resources: resources(
        `apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: tick }
spec:
  type: bindings.cron
  version: v1
  metadata:
    - { name: schedule, value: '@every 1s' }
    - { name: route, secretKeyRef: { name: 'routes:tick' } }
auth: { secretStore: file }
`,
        component('secretstores.local.file', 'file', { secretsFile }),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('has it', async () => {
    await app.next('POST /of/the/secret');
  });
});

describe('a sidecar without secret stores', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(() => sidecar?.stop());

  it('says so', async () => {
    const answer = await call(sidecar, 'GET', '/v1.0/secrets/x/k');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_SECRET_STORES_NOT_CONFIGURED',
    });
    expect(messageOf(answer)).toBe('secret store is not configured');
  });
});
