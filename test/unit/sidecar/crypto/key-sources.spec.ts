import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  jwksSource,
  type KeySource,
} from '../../../../lib/sidecar/crypto/jwks.js';
import { localStorageSource } from '../../../../lib/sidecar/crypto/local-storage.js';
import { VirtualClock } from '../../../../lib/sidecar/virtual-clock.js';
import { startServer } from '../../../integration/client/server.js';

const jwk = (kid: string, k = 'AAAA'): object => ({ kid, kty: 'oct', k });
const jwks = (...kids: string[]): string =>
  JSON.stringify({ keys: kids.map((kid) => jwk(kid)) });
const secretOf = async (source: KeySource, name: string): Promise<string> =>
  (await source(name)).material.export().toString('base64');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a JSON Web Key Set', () => {
  const clock = new VirtualClock();
  const source = (location: string): KeySource =>
    jwksSource({
      location,
      requestTimeout: 10_000,
      refreshInterval: 60_000,
      clock,
    });

  it.each([
    ['written out', jwks('one', 'two')],
    ['in base64', Buffer.from(jwks('one', 'two')).toString('base64')],
  ])('%s has its keys', async (_, location) => {
    const keys = source(location);
    expect(await secretOf(keys, 'two')).toBe('AAAA');
    await expect(keys('three')).rejects.toThrow('key not found');
  });

  it('may be a single key', async () => {
    expect(await secretOf(source(JSON.stringify(jwk('one'))), 'one')).toBe(
      'AAAA',
    );
  });

  it('has the first of two keys of one name', async () => {
    const keys = JSON.stringify({ keys: [jwk('one', 'BBBB'), jwk('one')] });
    expect(await secretOf(source(keys), 'one')).toBe('BBBB');
  });

  it('in a file is read as it is now', async () => {
    const file = join(folder, 'keys.json');
    await writeFile(file, jwks('one'));
    const keys = source(file);
    await keys('one');
    await writeFile(file, jwks('two'));
    await keys('two');
    await expect(keys('one')).rejects.toThrow('key not found');
  });

  it.each(['nothing like it', '{oops', '{"keys":1}', '{"keys":[{"kty":"x"}]}'])(
    'is refused at once where it is none: %s',
    (location) => {
      expect(() => source(location)).toThrow(/metadata "jwks"|list|key type/);
    },
  );

  it('behind a URL is asked for when it is needed, and again after a while', async () => {
    let answer: [number, string] = [200, jwks('one')];
    const server = await startServer((_, response) => {
      response.writeHead(answer[0]).end(answer[1]);
    });
    const keys = source(server.url);
    expect(server.requests).toHaveLength(0);
    await Promise.all([keys('one'), keys('one')]);
    await keys('one');
    expect(server.requests).toHaveLength(1);
    answer = [200, jwks('two')];
    await expect(keys('two')).rejects.toThrow('key not found');
    await clock.advance('61s');
    await keys('two');
    expect(server.requests).toHaveLength(2);
    answer = [500, ''];
    await clock.advance('61s');
    await expect(keys('two')).rejects.toThrow(
      'failed to fetch JWKS: status 500',
    );
    answer = [200, jwks('three')];
    await keys('three');
    await server.close();
  });
});

describe('the keys of a folder', () => {
  let keys: KeySource;
  beforeAll(async () => {
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'key.json'), JSON.stringify(jwk('x')));
    await writeFile(join(folder, 'key.PEM'), 'AAAA');
    await writeFile(join(folder, 'sub/key'), 'AAAA');
    keys = localStorageSource(folder);
  });

  it.each(['key.json', 'sub/key', '/sub/key'])(
    'are found by the names of their files: %s',
    async (name) => {
      expect(await secretOf(keys, name)).toBe('AAAA');
    },
  );

  it.each([
    ['key.PEM', 'failed to parse key from secret: '],
    ['nope', "failed to load key 'nope': open "],
    ['sub', 'is a directory'],
    ['../keys.json', "invalid key path: cannot contain '..'"],
    ['sub/../key.json', "invalid key path: cannot contain '..'"],
  ])('are refused as Dapr refuses them: %s', async (name, reason) => {
    await expect(keys(name)).rejects.toThrow(reason);
  });
});
