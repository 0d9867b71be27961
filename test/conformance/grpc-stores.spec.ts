import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CommunicationProtocolEnum,
  DaprClient,
  type ConfigurationResponse,
} from '../../lib/index.js';
import { startBacking, type Backing } from '../support/backing.js';
import {
  valuesOf,
  type ConfigurationValues,
} from '../support/configuration-values.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { component, resources } from './components.js';
import { grpcCall, type GrpcAnswer } from './grpc-wire.js';

/** Code, words and details of a call that failed. */
const failed = ({
  code,
  message,
  details,
}: GrpcAnswer<unknown>): [number, string, readonly object[]] => [
  code,
  message,
  details,
];
const errorInfo = (reason: string): object => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  domain: 'dapr.io',
  reason,
  metadata: {},
});
const [INVALID_ARGUMENT, PERMISSION_DENIED, FAILED_PRECONDITION, INTERNAL] = [
  3, 7, 9, 13,
];

describe('secrets, configuration and locks over gRPC', () => {
  let folder: string;
  let backing: Backing;
  let sidecar: Sidecar;
  let values: ConfigurationValues;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
    const secretsFile = join(folder, 'secrets.json');
    await writeFile(secretsFile, '{"plain":"v1","num":42,"nested":{"a":"x"}}');
    backing = await startBacking('redis');
    const file = 'secretstores.local.file';
    sidecar = await startSidecar({
      resources: resources(
        component(file, 'file', { secretsFile }),
        component(file, 'several', { secretsFile, multiValued: 'true' }),
        component(file, 'closed', { secretsFile }),
        backing.component('configuration', 'conf'),
        backing.component('lock', 'locks'),
      ),
      config: `
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: scopes }
spec: { secrets: { scopes: [{ storeName: closed, defaultAccess: deny }] } }
`,
    });
    values = valuesOf(sidecar, backing, 'conf');
  });
  afterAll(async () => {
    await sidecar?.stop();
    await backing?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  describe('a secret', () => {
    const get = (storeName: string, key: string) =>
      grpcCall(sidecar, 'getSecret', { storeName, key, metadata: {} });
    const bulk = (storeName: string) =>
      grpcCall(sidecar, 'getBulkSecret', { storeName, metadata: {} });

    it('is a map of values', async () => {
      const { response } = await get('several', 'nested');
      expect(response).toEqual({ data: { a: 'x' } });
      expect((await bulk('file')).response).toEqual({
        data: {
          plain: { secrets: { plain: 'v1' } },
          num: { secrets: { num: '%!s(float64=42)' } },
          'nested:a': { secrets: { 'nested:a': 'x' } },
        },
      });
      expect((await bulk('closed')).response).toEqual({ data: {} });
    });

    it.each<[string, string, number, string]>([
      [
        'nope',
        'k',
        INVALID_ARGUMENT,
        'failed finding secret store with key nope',
      ],
      [
        'closed',
        'plain',
        PERMISSION_DENIED,
        'access denied by policy to get "plain" from "closed"',
      ],
      [
        'file',
        'k',
        INTERNAL,
        'failed getting secret with key k from secret store file: secret k not found',
      ],
      [
        'file',
        '',
        INTERNAL,
        'failed getting secret with key  from secret store file: secret  not found',
      ],
    ])('is refused: of %s, %j', async (store, key, code, message) => {
      expect(failed(await get(store, key))).toEqual([code, message, []]);
    });
  });

  describe('a lock', () => {
    const lock = (resourceId: string, lockOwner: string, seconds = 60) =>
      grpcCall(sidecar, 'tryLockAlpha1', {
        storeName: 'locks',
        resourceId,
        lockOwner,
        expiryInSeconds: seconds,
      });
    const unlock = (storeName: string, resourceId: string, lockOwner: string) =>
      grpcCall(sidecar, 'unlockAlpha1', { storeName, resourceId, lockOwner });

    it('is taken and given back', async () => {
      expect((await lock('r', 'a')).response).toEqual({ success: true });
      expect((await lock('r', 'a')).response).toEqual({ success: false });
      const statuses = [];
      for (const owner of ['b', 'a', 'a'])
        statuses.push((await unlock('locks', 'r', owner)).response?.status);
      expect(statuses).toEqual([2, 0, 1]);
    });

    it.each<[string, () => Promise<GrpcAnswer<unknown>>, number, string]>([
      [
        'no time',
        () => lock('r', 'a', 0),
        INVALID_ARGUMENT,
        'ExpiryInSeconds is not positive in lock store locks',
      ],
      [
        'no resource',
        () => lock('', 'a'),
        INVALID_ARGUMENT,
        'ResourceId is empty in lock store locks',
      ],
      [
        'no owner',
        () => unlock('locks', 'r', ''),
        INVALID_ARGUMENT,
        'LockOwner is empty in lock store locks',
      ],
      [
        'another store',
        () => unlock('nope', 'r', 'a'),
        INVALID_ARGUMENT,
        'lock store nope not found',
      ],
      [
        'bars',
        () => lock('a||b', 'a'),
        INTERNAL,
        "failed to try acquiring lock: input key/keyPrefix 'a||b' can't contain '||'",
      ],
      [
        'bars, when it is given back',
        () => unlock('locks', 'a||b', 'a'),
        INTERNAL,
        "failed to release lock: input key/keyPrefix 'a||b' can't contain '||'",
      ],
    ])('is refused with %s', async (_what, call, code, message) => {
      expect(failed(await call())).toEqual([code, message, []]);
    });
  });

  describe('configuration', () => {
    it.each(['getConfiguration', 'getConfigurationAlpha1'] as const)(
      'is a map of items: %s',
      async (method) => {
        await values.set('one', 'v||1');
        await values.set('two', 'w');
        const request = {
          storeName: 'conf',
          keys: ['one', 'two', 'absent'],
          metadata: {},
        };
        const { response } = await grpcCall(sidecar, method, request);
        expect(response).toEqual({
          items: {
            one: { value: 'v', version: '1', metadata: {} },
            two: { value: 'w', version: '', metadata: {} },
          },
        });
      },
    );

    it('is refused of a store that is not there', async () => {
      const answer = await grpcCall(sidecar, 'getConfiguration', {
        storeName: 'nope',
        keys: [],
        metadata: {},
      });
      expect(failed(answer)).toEqual([
        INVALID_ARGUMENT,
        'configuration store nope not found',
        [errorInfo('ERR_CONFIGURATION_STORE_NOT_FOUND')],
      ]);
    });

    it('is unsubscribed from in words where there is no subscription', async () => {
      const request = { storeName: 'conf', id: 'zz' };
      const { response } = await grpcCall(
        sidecar,
        'unsubscribeConfiguration',
        request,
      );
      expect(response).toEqual({
        ok: false,
        message:
          'failed to unsubscribe to configuration request zz: subscription does not exist',
      });
    });

    it('is told to each of several subscribers, of all keys and of some', async () => {
      const client = new DaprClient({
        grpcEndpoint: `127.0.0.1:${sidecar.grpcPort}`,
        communicationProtocol: CommunicationProtocolEnum.GRPC,
      });
      const all: string[] = [];
      const some: string[] = [];
      const into =
        (list: string[]) =>
        ({ items }: ConfigurationResponse): void =>
          void list.push(...Object.keys(items));
      await client.configuration.subscribe('conf', into(all));
      await client.configuration.subscribeWithKeys('conf', ['a'], into(some));
      await until(async () => {
        await values.set('a', 'probe');
        return all.includes('a') && some.includes('a');
      });
      await values.set('b', 'v');
      await until(() => all.includes('b'));
      expect(some).not.toContain('b');
      await client.stop();
    });
  });
});

describe('a sidecar without such stores', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(() => sidecar?.stop());

  it('says so over gRPC', async () => {
    const storeName = 'x';
    const metadata = {};
    const answers = [
      await grpcCall(sidecar, 'getSecret', { storeName, key: 'k', metadata }),
      await grpcCall(sidecar, 'unlockAlpha1', {
        storeName,
        resourceId: 'r',
        lockOwner: 'o',
      }),
      await grpcCall(sidecar, 'getConfiguration', {
        storeName,
        keys: [],
        metadata,
      }),
    ];
    expect(answers.map(failed)).toEqual([
      [FAILED_PRECONDITION, 'secret store is not configured', []],
      [FAILED_PRECONDITION, 'lock store is not configured', []],
      [
        FAILED_PRECONDITION,
        'configuration stores not configured',
        [errorInfo('ERR_CONFIGURATION_STORE_NOT_CONFIGURED')],
      ],
    ]);
  });
});
