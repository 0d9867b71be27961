import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { systemClock } from '../../lib/protocol/clock.js';
import {
  CryptoProviders,
  type CryptoProvider,
} from '../../lib/sidecar/blocks/crypto.js';
import type { EncryptOptions } from '../../lib/sidecar/crypto/document.js';
import { Faults } from '../../lib/sidecar/faults.js';
import { Resources } from '../../lib/sidecar/resources.js';
import { jwksComponent, RECORDED_KEYS } from '../support/crypto-keys.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { component, resources } from './components.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

const MIB = 1024 * 1024;

/** The same keys in this process, without any sidecar. */
function localProvider(): CryptoProvider {
  const jwks = {
    name: 'jwks',
    type: 'crypto.dapr.jwks',
    version: 'v1',
    metadata: { jwks: RECORDED_KEYS },
    scopes: [],
    ignoreErrors: false,
  };
  const providers = new CryptoProviders({
    clock: systemClock,
    faults: new Faults(),
    resources: new Resources([jwks], [], [], new Set()),
    warn: () => undefined,
  });
  return providers.of('conformance', 'jwks') as CryptoProvider;
}

async function* whole(data: Buffer): AsyncGenerator<Buffer> {
  yield data;
}

/** Headers of a call that encrypts. */
const by = (
  keyName: string,
  algorithm: string,
  more: Record<string, string> = {},
): Record<string, string> => ({
  'dapr-key-name': keyName,
  'dapr-key-wrap-algorithm': algorithm,
  ...more,
});

describe('the crypto API', () => {
  const local = localProvider();
  let folder: string;
  let sidecar: Sidecar;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    await mkdir(join(folder, 'keys'));
    await writeKeys(join(folder, 'keys'));
    await writeFile(join(folder, 'jwks.json'), RECORDED_KEYS);
    sidecar = await startSidecar({
      resources: resources(
        jwksComponent(),
        component('crypto.dapr.jwks', 'file', {
          jwks: join(folder, 'jwks.json'),
        }),
        jwksComponent('base64', Buffer.from(RECORDED_KEYS).toString('base64')),
        component('crypto.dapr.localstorage', 'folder', {
          path: join(folder, 'keys'),
        }),
        `${jwksComponent('elsewhere')}scopes:\n  - another\n`,
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const encrypt = (
    data: string | Buffer,
    headers: Record<string, string>,
    name = 'jwks',
  ): Promise<WireAnswer> =>
    call(sidecar, 'PUT', `/v1.0-alpha1/crypto/${name}/encrypt`, data, headers);
  const decrypt = (
    document: Buffer,
    headers: Record<string, string> = {},
    name = 'jwks',
  ): Promise<WireAnswer> =>
    call(
      sidecar,
      'PUT',
      `/v1.0-alpha1/crypto/${name}/decrypt`,
      document,
      headers,
    );

  const kinds = [
    ['sym', 'A256KW', 'aes-gcm'],
    ['sym', 'AES', 'chacha20-poly1305'],
    ['rsa', 'RSA-OAEP-256', 'aes-gcm'],
    ['rsa', 'RSA', 'CHACHA20-POLY1305'],
  ] as const;
  const lengths = [0, 1, 65_535, 65_536, 65_537, 200_000];

  describe.each(kinds)(
    'with the key %s, %s and %s',
    (key, algorithm, cipher) => {
      it.each(lengths)(
        'makes documents of %i bytes that the embedded sidecar’s code opens',
        async (length) => {
          const data = randomBytes(length);
          const made = await encrypt(
            data,
            by(key, algorithm, { 'dapr-data-encryption-cipher': cipher }),
          );
          expect(made.status).toBe(200);
          const opened = await local.decrypt(whole(made.body), '');
          expect((await buffer(opened)).equals(data)).toBe(true);
        },
      );

      it.each(lengths)(
        'opens documents of %i bytes that the embedded sidecar’s code made',
        async (length) => {
          const data = randomBytes(length);
          const options: EncryptOptions = {
            keyName: key,
            algorithm,
            cipher,
            decryptionKeyName: '',
            omitKeyName: false,
          };
          const document = await buffer(
            await local.encrypt(whole(data), options),
          );
          const opened = await decrypt(document);
          expect(opened.status).toBe(200);
          expect(opened.body.equals(data)).toBe(true);
        },
      );
    },
  );

  it.each(['file', 'base64'])('reads a key set as %s', async (name) => {
    const made = await encrypt('text', by('sym', 'AES'), name);
    expect((await decrypt(made.body, {}, name)).text).toBe('text');
  });

  it('reads a key set anew when its file changes', async () => {
    const changed = RECORDED_KEYS.replace('"other"', '"changed"');
    await writeFile(join(folder, 'jwks.json'), changed);
    await until(
      async () =>
        (await encrypt('x', by('changed', 'AES'), 'file')).status === 200,
    );
    await writeFile(join(folder, 'jwks.json'), RECORDED_KEYS);
    await until(
      async () =>
        (await encrypt('x', by('other', 'AES'), 'file')).status === 200,
    );
  });

  it.each([
    ['raw', 'AES'],
    ['base64', 'AES'],
    ['base64.txt', 'AES'],
    ['jwk', 'AES'],
    ['jwk.json', 'AES'],
    ['/jwk.json', 'AES'],
    ['rsa.pem', 'RSA'],
    ['rsa-pkcs1', 'RSA'],
  ])('takes the key in the file %s', async (file, algorithm) => {
    const made = await encrypt('text', by(file, algorithm), 'folder');
    expect((await decrypt(made.body, {}, 'folder')).text).toBe('text');
  });

  it('takes a public key for encrypting alone', async () => {
    const made = await encrypt('text', by('rsa-public.pem', 'RSA'), 'folder');
    expect(made.status).toBe(200);
    const refused = await decrypt(made.body, {}, 'folder');
    expect(messageOf(refused)).toMatch(/signature/);
    const opened = await decrypt(
      made.body,
      { 'dapr-key-name': 'rsa.pem' },
      'folder',
    );
    expect(opened.text).toBe('text');
  });

  it.each([
    ['nope', /failed to load key 'nope': open .*\/nope: no such file or dir/],
    ['.', /failed to load key '\.': read .*: is a directory/],
    ['../jwks.json', /invalid key path: cannot contain '\.\.'/],
    ['empty', /failed to parse key from secret: key is empty/],
    ['broken.pem', /failed to parse key from secret: failed to parse PEM/],
    ['broken.json', /failed to parse key from secret: failed to unmarshal/],
    ['ec.pem', /key type mismatch/],
  ])('refuses the key %s', async (file, reason) => {
    const answer = await encrypt('text', by(file, 'AES'), 'folder');
    expect(errorOf(answer)).toEqual({ status: 500, errorCode: 'ERR_CRYPTO' });
    expect(messageOf(answer)).toMatch(reason);
  });

  it('takes names of keys in UTF-8', async () => {
    const name = Buffer.from('schlüssel/€').toString('latin1');
    const made = await encrypt(
      Buffer.from('text'),
      by('sym', 'AES', { 'dapr-decryption-key-name': name }),
    );
    expect(made.text).toContain('"k":"schlüssel/€"');
  });

  it.each(['true', '1', 'yes', 'y', 'ON', 'T', ' true '])(
    'leaves out the name of the key for %j',
    async (value) => {
      const made = await encrypt(
        'x',
        by('sym', 'AES', { 'dapr-omit-decryption-key-name': value }),
      );
      expect(made.text).not.toContain('"k":');
    },
  );

  it.each(['false', '0', 'no', '', 'truely'])(
    'does not leave out the name of the key for %j',
    async (value) => {
      const made = await encrypt(
        'x',
        by('sym', 'AES', { 'dapr-omit-decryption-key-name': value }),
      );
      expect(made.text).toContain('"k":"sym"');
    },
  );

  it('names another key than the one that it used', async () => {
    const made = await encrypt(
      'text',
      by('rsa-public', 'RSA', { 'dapr-decryption-key-name': 'rsa' }),
    );
    expect((await decrypt(made.body)).text).toBe('text');
  });

  it('does not know a component that is for another app', async () => {
    const answer = await encrypt('x', by('sym', 'AES'), 'elsewhere');
    expect(errorOf(answer)).toEqual({
      status: 400,
      errorCode: 'ERR_CRYPTO_PROVIDER_NOT_FOUND',
    });
  });

  it('takes bodies of 4 MiB', async () => {
    const data = randomBytes(4 * MIB);
    const made = await encrypt(data, by('sym', 'AES'));
    expect(made.status).toBe(200);
    const opened = await buffer(await local.decrypt(whole(made.body), ''));
    expect(opened.equals(data)).toBe(true);
  });

  it.each(['encrypt', 'decrypt'])(
    'refuses larger bodies to %s',
    async (verb) => {
      // Not by much: what a sidecar leaves unread when it has answered cuts the connection of who still writes.
      const data = Buffer.alloc(4 * MIB + 1000, 'x');
      const document = await buffer(
        await local.encrypt(whole(data), {
          keyName: 'sym',
          algorithm: 'AES',
          cipher: '',
          decryptionKeyName: '',
          omitKeyName: false,
        }),
      );
      const answer =
        verb === 'encrypt'
          ? await encrypt(data, by('sym', 'AES'))
          : await decrypt(document);
      expect(errorOf(answer)).toEqual({ status: 500, errorCode: 'ERROR' });
      expect(messageOf(answer)).toBe('stream too large');
    },
  );

  it.each([
    'getkey',
    'encrypt',
    'decrypt',
    'wrapkey',
    'unwrapkey',
    'sign',
    'verify',
  ])('has no %s of single keys, as Dapr is released', async (verb) => {
    const path = `/v1.0-alpha1/subtlecrypto/jwks/${verb}`;
    const answer = await call(sidecar, 'POST', path, {});
    expect(errorOf(answer)).toEqual({
      status: 501,
      errorCode: 'ERR_API_UNIMPLEMENTED',
    });
  });

  it('is told of in the metadata', async () => {
    const answer = await call(sidecar, 'GET', '/v1.0/metadata');
    const { components } = answer.json as { components: unknown[] };
    expect(components).toContainEqual({
      name: 'folder',
      type: 'crypto.dapr.localstorage',
      version: 'v1',
    });
  });
});

describe('the crypto API without components', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(() => sidecar?.stop());

  it.each(['encrypt', 'decrypt'])('refuses to %s', async (verb) => {
    const path = `/v1.0-alpha1/crypto/jwks/${verb}`;
    const answer = await call(sidecar, 'PUT', path, 'x');
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED',
    });
  });
});

async function writeKeys(folder: string): Promise<void> {
  const secret = randomBytes(32);
  const jwk = JSON.stringify({ kty: 'oct', k: secret.toString('base64url') });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files: Readonly<Record<string, string | Buffer>> = {
    raw: secret,
    base64: secret.toString('base64'),
    'base64.txt': `${secret.toString('base64url')}\n`,
    jwk,
    'jwk.json': jwk,
    'rsa.pem': rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    'rsa-pkcs1': rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }),
    'rsa-public.pem': rsa.publicKey.export({ format: 'pem', type: 'spki' }),
    'ec.pem': ec.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    empty: '',
    'broken.pem': '-----BEGIN PRIVATE KEY-----\n',
    'broken.json': '{oops',
  };
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), content);
}
