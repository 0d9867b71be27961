import { describe, expect, it } from '@jest/globals';
import {
  mergeOptions,
  resolveOptions,
  type DaprModuleOptions,
} from '../../lib/dapr.options.js';
import { DaprConfigurationError } from '../../lib/errors/dapr-configuration.error.js';

type Environment = Readonly<Record<string, string>>;

const EMBEDDED = { DAPR_SIDECAR: 'embedded' };
const DEVELOPMENT = { NODE_ENV: 'development' };

describe('which sidecar', () => {
  it.each<[string, string, DaprModuleOptions, Environment]>([
    ['external', 'nothing says otherwise', {}, {}],
    ['external', 'nothing says otherwise', {}, { NODE_ENV: 'production' }],
    ['external', 'nothing says otherwise', {}, { NODE_ENV: 'Development' }],
    ['external', 'nothing says otherwise', {}, { NODE_ENV: 'dev' }],
    ['external', 'nothing says otherwise', {}, { NODE_ENV: '' }],
    ['embedded', 'NODE_ENV=development', {}, DEVELOPMENT],
    ['embedded', 'NODE_ENV=test', {}, { NODE_ENV: 'test' }],
    [
      'external',
      'DAPR_HTTP_PORT is set',
      {},
      { ...DEVELOPMENT, DAPR_HTTP_PORT: '3500' },
    ],
    [
      'external',
      'DAPR_GRPC_PORT is set',
      {},
      { ...DEVELOPMENT, DAPR_GRPC_PORT: '50001' },
    ],
    [
      'external',
      'DAPR_HTTP_ENDPOINT is set',
      {},
      { ...DEVELOPMENT, DAPR_HTTP_ENDPOINT: 'http://dapr:3500' },
    ],
    [
      'external',
      'DAPR_GRPC_ENDPOINT is set',
      {},
      { ...DEVELOPMENT, DAPR_GRPC_ENDPOINT: 'dapr:50001' },
    ],
    [
      'embedded',
      'NODE_ENV=development',
      {},
      { ...DEVELOPMENT, DAPR_HTTP_PORT: '', DAPR_SIDECAR: '' },
    ],
    ['external', 'the options name one', { daprPort: 3501 }, DEVELOPMENT],
    ['external', 'the options name one', { daprHost: 'dapr' }, DEVELOPMENT],
    [
      'external',
      'the options name one',
      { httpEndpoint: '', daprPort: '3501' },
      DEVELOPMENT,
    ],
    [
      'embedded',
      'NODE_ENV=development',
      { httpEndpoint: undefined, daprPort: undefined },
      DEVELOPMENT,
    ],
    ['embedded', 'DAPR_SIDECAR=embedded', {}, EMBEDDED],
    [
      'embedded',
      'DAPR_SIDECAR=embedded',
      {},
      { ...EMBEDDED, NODE_ENV: 'production', DAPR_HTTP_PORT: '3500' },
    ],
    [
      'external',
      'DAPR_SIDECAR=external',
      {},
      { ...DEVELOPMENT, DAPR_SIDECAR: 'external' },
    ],
    [
      'embedded',
      'NODE_ENV=development',
      {},
      { ...DEVELOPMENT, DAPR_SIDECAR: 'auto' },
    ],
    ['external', "sidecar: 'external'", { sidecar: 'external' }, EMBEDDED],
    ['embedded', "sidecar: 'embedded'", { sidecar: 'embedded' }, {}],
    ['external', 'nothing says otherwise', { sidecar: 'auto' }, EMBEDDED],
  ])('is the %s one because %s', (sidecar, reason, options, env) => {
    const resolved = resolveOptions(options, env);
    expect(resolved.sidecar).toBe(sidecar);
    expect(resolved.sidecarReason).toBe(reason);
  });

  it.each<[DaprModuleOptions, Environment]>([
    [{}, { DAPR_SIDECAR: 'Embedded' }],
    [{ sidecar: 'in-memory' as 'embedded' }, {}],
  ])('is not guessed from a word that it does not know', (options, env) => {
    const resolve = () => resolveOptions(options, env);
    expect(resolve).toThrow(DaprConfigurationError);
    expect(resolve).toThrow(/"(Embedded|in-memory)".*'auto'.*DAPR_SIDECAR/);
  });
});

describe('an option', () => {
  const env = {
    APP_API_TOKEN: 'of the environment',
    APP_ID: 'of-the-environment',
    APP_PORT: '4000',
  };

  it('comes before the environment', () => {
    const { server, embedded, standalonePort } = resolveOptions(
      {
        server: { appToken: 'of the options', port: 5000 },
        embedded: { appId: 'of-the-options' },
      },
      env,
    );
    expect(server.appToken).toBe('of the options');
    expect(server.port).toBe(5000);
    expect(standalonePort).toBe(5000);
    expect(embedded.appId).toBe('of-the-options');
  });

  it('that is absent or undefined is taken from the environment', () => {
    const { server, embedded, standalonePort } = resolveOptions(
      { server: { appToken: undefined as unknown as string } },
      env,
    );
    expect(server.appToken).toBe('of the environment');
    expect(server.port).toBeUndefined();
    expect(standalonePort).toBe(4000);
    expect(embedded.appId).toBe('of-the-environment');
  });

  it.each<Environment>([
    {},
    { APP_API_TOKEN: '', APP_ID: '', APP_PORT: '' },
    { APP_PORT: '0' },
    { APP_PORT: '-1' },
  ])('has a default where neither says anything: %j', (nothing) => {
    const { server, embedded, standalonePort } = resolveOptions({}, nothing);
    expect(server.appToken).toBeUndefined();
    expect(standalonePort).toBe(3000);
    expect(embedded.appId).toBe('app');
  });

  it('can be changed by nobody once it is decided', () => {
    const given = { server: { bodyLimit: 1 }, names: { a: 'b' } };
    const resolved = resolveOptions(given, {});
    for (const each of [resolved, ...Object.values(resolved)])
      expect(Object.isFrozen(each)).toBe(true);
    given.server.bodyLimit = 2;
    given.names.a = 'c';
    expect(resolved.server.bodyLimit).toBe(1);
    expect(resolved.names.a).toBe('b');
    expect(Object.isFrozen(given.server)).toBe(false);
  });

  it.each<[string, object, string]>([
    ['DaprModule.forRoot()', { sidcar: 'embedded' }, 'sidcar'],
    ['"server"', { server: { token: 'x' } }, 'token'],
    ['"actors"', { actors: { idle: '5m' } }, 'idle'],
    ['"actors.reentrancy"', { actors: { reentrancy: { on: true } } }, 'on'],
    ['"subscriptions"', { subscriptions: { deadLetter: 'x' } }, 'deadLetter'],
    ['"embedded"', { embedded: { port: 1 } }, 'port'],
    ['"clients.reports"', { clients: { reports: { host: 'x' } } }, 'host'],
  ])(
    'of %s that does not exist is an error that names it and those that do [I2]',
    (where, options, name) => {
      const resolve = () => resolveOptions(options, {});
      expect(resolve).toThrow(DaprConfigurationError);
      expect(resolve).toThrow(where);
      expect(resolve).toThrow(`got "${name}", which it does not know`);
      expect(resolve).toThrow(/It knows: \w+/);
    },
  );

  it.each<[string, object]>([
    ['server.bodyLimit', { server: { bodyLimit: '4mb' } }],
    ['server.bodyLimit', { server: { bodyLimit: -1 } }],
    ['server.drainDelay', { server: { drainDelay: NaN } }],
    ['server.port', { server: { port: 65_536 } }],
    ['server.port', { server: { port: '3001' } }],
    ['embedded.httpPort', { embedded: { httpPort: 1.5 } }],
    ['server.trustedPeers', { server: { trustedPeers: '10.0.0.0/8' } }],
    ['server.outcome', { server: { outcome: 'RETRY' } }],
  ])('%s of a kind that can not be meant is an error', (name, options) => {
    const resolve = () => resolveOptions(options as DaprModuleOptions, {});
    expect(resolve).toThrow(DaprConfigurationError);
    expect(resolve).toThrow(name);
  });

  it.each(['web', '70000'])('APP_PORT=%s is an error', (port) => {
    expect(() => resolveOptions({}, { APP_PORT: port })).toThrow(
      `APP_PORT is "${port}"`,
    );
  });

  it('may be no limit at all', () => {
    const server = { bodyLimit: Infinity, drainDelay: 0, port: 0 };
    expect(resolveOptions({ server }, {}).server).toEqual(server);
  });
});

it('options that are undefined leave those that they are laid over as they are', () => {
  const under: DaprModuleOptions = {
    daprPort: 1,
    names: { orders: 'purchases' },
    server: { drainDelay: 5, port: 2 },
  };
  const over: DaprModuleOptions = {
    daprPort: undefined,
    names: undefined,
    server: { drainDelay: undefined, port: 3 },
  };
  expect(mergeOptions(under, over)).toEqual({
    daprPort: 1,
    names: { orders: 'purchases' },
    server: { drainDelay: 5, port: 3 },
  });
});
