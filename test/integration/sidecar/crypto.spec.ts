import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DaprConfigurationError } from '../../../lib/index.js';
import { GrpcCode } from '../../../lib/protocol/grpc-code.js';
import { startEngine } from '../../../lib/sidecar/embedded.js';
import { cryptoMethods } from '../../../lib/sidecar/grpc/crypto.js';
import { component } from '../../conformance/components.js';
import { call, errorOf, messageOf } from '../../conformance/wire.js';
import { jwksComponent } from '../../support/crypto-keys.js';
import { Stage } from '../../support/stage.js';
import { ManualClock } from '../client/manual-clock.js';

const ENCRYPT = '/v1.0-alpha1/crypto/jwks/encrypt';
const HEADERS = { 'dapr-key-name': 'sym', 'dapr-key-wrap-algorithm': 'AES' };

describe('the embedded sidecar’s crypto API', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ resources: jwksComponent() });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('gives up a stream on which nothing comes for 5 seconds', async () => {
    const clock = new ManualClock();
    const { encryptAlpha1 } = cryptoMethods(stage.engine.crypto, clock);
    async function* silence(): AsyncGenerator<never> {
      yield await new Promise<never>(() => undefined);
    }
    const answers = encryptAlpha1?.(silence(), {
      appId: 'shop',
      instanceId: 'shop-1',
      headers: {},
      answerHeaders: {},
      signal: new AbortController().signal,
    });
    const answer = expect(answers?.[Symbol.asyncIterator]().next());
    const failed = answer.rejects.toMatchObject({
      code: GrpcCode.invalidArgument,
      message:
        'invalid request: error waiting for first message: context deadline exceeded',
    });
    clock.advance(5000);
    await failed;
  });

  it.each(['encrypt', 'decrypt'])('fails to %s when told to', async (verb) => {
    const { engine, sidecar } = stage;
    engine.faults.failNext('crypto');
    const path = `/v1.0-alpha1/crypto/jwks/${verb}`;
    const failed = await call(sidecar, 'PUT', path, 'x', HEADERS);
    expect(errorOf(failed)).toEqual({ status: 500, errorCode: 'ERR_CRYPTO' });
    expect(messageOf(failed)).toBe(
      'failed to perform operation: injected fault at crypto',
    );
    const made = await call(sidecar, 'PUT', ENCRYPT, 'x', HEADERS);
    expect(made.status).toBe(200);
  });
});

describe('a crypto component', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    await writeFile(join(folder, 'file'), 'x');
    await mkdir(join(folder, 'shop'));
    await writeFile(join(folder, 'shop/sym'), Buffer.alloc(32, 0xff));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const local = (metadata: Record<string, string>): string =>
    component('crypto.dapr.localstorage', 'keys', metadata);
  const jwks = (metadata: Record<string, string>): string =>
    component('crypto.dapr.jwks', 'keys', metadata);

  it.each<[string, () => string, string]>([
    ['path', () => local({}), 'the metadata "path" is missing'],
    ['folder', () => local({ path: join(folder, 'no') }), 'which is not there'],
    ['folder', () => local({ path: join(folder, 'file') }), 'is no folder'],
    ['jwks', () => jwks({}), 'the metadata "jwks" is missing'],
    [
      'key set',
      () => jwks({ jwks: 'nothing like it' }),
      'the metadata "jwks" is neither a URL, nor a file, nor a key set in JSON',
    ],
    [
      'key',
      () => jwks({ jwks: '{"keys":[{"kty":"oct"}]}' }),
      'required field k is missing',
    ],
  ])('without a right %s is a start error', async (_, yaml, reason) => {
    const resources = join(folder, 'resources');
    await mkdir(resources, { recursive: true });
    await writeFile(join(resources, 'resources.yaml'), yaml());
    const engine = await startEngine({ resources });
    const opened = engine.openSidecar({ appId: 'shop', httpPort: 0 });
    await expect(opened).rejects.toThrow(DaprConfigurationError);
    await expect(opened).rejects.toThrow(/resources\.yaml: Component "keys": /);
    await expect(opened).rejects.toThrow(reason);
    await engine.close();
  });

  it('that is wrong is left out, where its file allows that', async () => {
    const yaml = local({}).replace('spec:', 'spec:\n  ignoreErrors: true');
    await using stage = await Stage.open({ resources: yaml });
    expect(stage.lines).toContainEqual(
      expect.stringMatching(/^Left out: .*"path" is missing/),
    );
    const answer = await call(stage.sidecar, 'PUT', ENCRYPT, 'x', HEADERS);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_CRYPTO_PROVIDERS_NOT_CONFIGURED',
    });
  });

  it('may have a folder for each app, and keep other apps away', async () => {
    const yaml = `${local({ path: join(folder, '{appID}') })}scopes: [shop]\n`;
    await using stage = await Stage.open({ resources: yaml });
    const { sidecar: stranger } = await stage.join('stranger');
    const path = '/v1.0-alpha1/crypto/keys/encrypt';
    const made = await call(stage.sidecar, 'PUT', path, 'x', HEADERS);
    expect(made.status).toBe(200);
    const refused = await call(stranger, 'PUT', path, 'x', HEADERS);
    expect(refused.status).toBe(500);
  });
});
