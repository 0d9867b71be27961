import type { DaprClient } from '@dapr/dapr';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { EmbeddedSidecar } from '../../lib/testing/index.js';
import { jwksComponent } from '../support/crypto-keys.js';
import { officialClient } from './official-sdk.js';

describe("the official SDK's cryptography on the embedded sidecar", () => {
  let folder: string;
  let dapr: EmbeddedSidecar;
  let client: DaprClient;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    await writeFile(join(folder, 'jwks.yaml'), jwksComponent());
    dapr = await EmbeddedSidecar.start({ resources: folder });
    client = officialClient(dapr, 'gRPC');
  });
  afterAll(async () => {
    await client.stop();
    await dapr.close();
    await rm(folder, { recursive: true });
  });

  const key = {
    componentName: 'jwks',
    keyName: 'sym',
    keyWrapAlgorithm: 'A256KW',
  } as const;

  it('encrypts what our client decrypts, and the other way round', async () => {
    const theirs = await client.crypto.encrypt('text', key);
    const ours = await dapr.client.crypto.encrypt('text', key);
    const jwks = { componentName: 'jwks' };
    expect(String(await dapr.client.crypto.decrypt(theirs, jwks))).toBe('text');
    expect(String(await client.crypto.decrypt(ours, jwks))).toBe('text');
  });

  it('has streams', async () => {
    const data = randomBytes(300_000);
    const decrypted = await pipeline(
      Readable.from([data]),
      await client.crypto.encrypt(key),
      await client.crypto.decrypt({ componentName: 'jwks' }),
      buffer,
    );
    expect(decrypted.equals(data)).toBe(true);
  });

  it('is told what is wrong', async () => {
    const refused = client.crypto.encrypt('x', { ...key, keyName: 'nokey' });
    await expect(refused).rejects.toThrow(/key not found/);
  });
});
