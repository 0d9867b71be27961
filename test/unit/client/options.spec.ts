import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import {
  CommunicationProtocol,
  CommunicationProtocolEnum,
} from '../../../lib/client/communication-protocol.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import {
  resolveClientOptions,
  type DaprClientOptions,
} from '../../../lib/client/options.js';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';

function endpoint(
  options: DaprClientOptions,
  env: Record<string, string> = {},
): string {
  return resolveClientOptions(options, env).httpEndpoint;
}

describe('the options of DaprClient', () => {
  it.each<[DaprClientOptions, Record<string, string>, string]>([
    [{}, {}, 'http://127.0.0.1:3500'],
    [{}, { DAPR_HTTP_PORT: '3501' }, 'http://127.0.0.1:3501'],
    [{}, { DAPR_HTTP_PORT: '' }, 'http://127.0.0.1:3500'],
    [{ daprPort: 3502 }, { DAPR_HTTP_PORT: '3501' }, 'http://127.0.0.1:3502'],
    [{ daprHost: 'dapr' }, { DAPR_HTTP_PORT: '3501' }, 'http://dapr:3501'],
    [
      {},
      { DAPR_HTTP_ENDPOINT: 'https://dapr.example', DAPR_HTTP_PORT: '1' },
      'https://dapr.example',
    ],
    [
      { daprPort: '3502' },
      { DAPR_HTTP_ENDPOINT: 'https://dapr.example' },
      'http://127.0.0.1:3502',
    ],
    [
      { httpEndpoint: 'http://one', daprHost: 'two', daprPort: 2 },
      { DAPR_HTTP_ENDPOINT: 'http://three' },
      'http://one',
    ],
    [{ daprHost: undefined, daprPort: undefined }, {}, 'http://127.0.0.1:3500'],
  ])('%j with %j in the environment mean %s', (options, env, expected) => {
    expect(endpoint(options, env)).toBe(expected);
  });

  it.each([
    ['https://dapr.example', 'https://dapr.example'],
    ['https://dapr.example:8443/', 'https://dapr.example:8443'],
    ['http://gate/dapr/one/', 'http://gate/dapr/one'],
    ['http://[::1]:3500', 'http://[::1]:3500'],
    ['localhost:3500', 'http://localhost:3500'],
  ])('the endpoint %s is kept as %s [C9]', (given, expected) => {
    expect(endpoint({ httpEndpoint: given })).toBe(expected);
    expect(endpoint({}, { DAPR_HTTP_ENDPOINT: given })).toBe(expected);
  });

  it.each([
    ['::1', 'http://[::1]:3500'],
    ['[::1]', 'http://[::1]:3500'],
    ['https://dapr.example', 'https://dapr.example:3500'],
    ['http://gate/dapr', 'http://gate:3500/dapr'],
  ])('the host %s is kept as %s [C9]', (daprHost, expected) => {
    expect(endpoint({ daprHost, daprPort: 3500 })).toBe(expected);
  });

  it.each<[DaprClientOptions, Record<string, string>, RegExp]>([
    [{ httpEndpoint: 'ftp://x' }, {}, /^The option httpEndpoint is no address/],
    [{ httpEndpoint: 'http://' }, {}, /^The option httpEndpoint is no address/],
    [{}, { DAPR_HTTP_ENDPOINT: 'http://x y' }, /^DAPR_HTTP_ENDPOINT is no/],
    [{}, { DAPR_HTTP_PORT: 'abc' }, /^DAPR_HTTP_PORT is "abc", which is no/],
    [{ daprPort: 0 }, {}, /^The option daprPort is "0", which is no port/],
    [{ timeout: -1 }, {}, /^The option timeout is -1; milliseconds are due/],
    [{ readyTimeout: NaN }, {}, /^The option readyTimeout is NaN/],
  ])('%j with %j are refused', (options, env, message) => {
    expect(() => resolveClientOptions(options, env)).toThrow(
      DaprConfigurationError,
    );
    expect(() => resolveClientOptions(options, env)).toThrow(message);
  });

  it('never show the credentials of an address that is refused [C6]', () => {
    const options = { httpEndpoint: 'http://user:hush@dapr' };
    expect(() => resolveClientOptions(options, {})).toThrow(/credentials/);
    expect(() => resolveClientOptions(options, {})).not.toThrow(/hush/);
  });

  it('name those that are unknown', () => {
    const options = { deprPort: 1, logger: {} } as DaprClientOptions;
    expect(() => new DaprClient(options)).toThrow(
      'DaprClient got "deprPort", "logger", which it does not know. It knows: daprHost, daprPort,',
    );
  });

  it('takes the port for that of gRPC where the client speaks it, as `@dapr/dapr` does', () => {
    const grpc = CommunicationProtocolEnum.GRPC;
    const resolved = (options: DaprClientOptions) =>
      resolveClientOptions({ communicationProtocol: grpc, ...options }, {})
        .grpcEndpoint;
    expect(resolved({ daprPort: '4001' })).toBe('127.0.0.1:4001');
    expect(resolved({ daprPort: 3500, daprGrpcPort: 4002 })).toBe(
      '127.0.0.1:4002',
    );
    expect(resolved({})).toBe('127.0.0.1:50001');
    expect(new DaprClient('::1', '4003', grpc).options.grpcEndpoint).toBe(
      '[::1]:4003',
    );
  });

  it('may be host, port and protocol, as the older form has it', () => {
    const { options } = new DaprClient(
      'dapr',
      '3501',
      CommunicationProtocol.HTTP,
    );
    expect(options.httpEndpoint).toBe('http://dapr:3501');
    expect(CommunicationProtocol).toBe(CommunicationProtocolEnum);
  });

  it.each([undefined, null])(
    'may be port and protocol without a host, as where %p comes from a variable that is not set',
    (host) => {
      const grpc = CommunicationProtocolEnum.GRPC;
      const optionsOf = (...rest: [(string | number)?, typeof grpc?]) =>
        new DaprClient(host as undefined, ...rest).options;
      expect(optionsOf('4003', grpc)).toMatchObject({
        grpcEndpoint: '127.0.0.1:4003',
        communicationProtocol: grpc,
      });
      expect(optionsOf(3501).httpEndpoint).toBe('http://127.0.0.1:3501');
      expect(optionsOf(undefined, grpc)).toMatchObject({
        grpcEndpoint: '127.0.0.1:50001',
        communicationProtocol: grpc,
      });
      expect(optionsOf().httpEndpoint).toBe('http://127.0.0.1:3500');
    },
  );

  it('take the token by either name, before the one in the environment', () => {
    const env = { DAPR_API_TOKEN: 'env' };
    const token = (options: DaprClientOptions) =>
      resolveClientOptions(options, env).apiToken;
    expect(token({})).toBe('env');
    expect(token({ daprApiToken: 'alias' })).toBe('alias');
    expect(token({ apiToken: 'own', daprApiToken: 'alias' })).toBe('own');
  });

  it.each(['two\nlines', 'größe', ' blank', 'end\n'])(
    'refuse the token %j, which no header can carry, without telling it [C6]',
    (apiToken) => {
      const resolve = () => resolveClientOptions({ apiToken }, {});
      expect(resolve).toThrow(DaprConfigurationError);
      expect(resolve).toThrow(/^The API token holds what no header can carry/);
      expect(resolve).not.toThrow(apiToken);
    },
  );

  it('are frozen, complete, and do not print the token [C6]', () => {
    const given = { apiToken: 'hush' };
    const options = resolveClientOptions(given, {});
    expect(Object.isFrozen(options)).toBe(true);
    expect(options).toEqual({
      httpEndpoint: 'http://127.0.0.1:3500',
      grpcEndpoint: '127.0.0.1:50001',
      communicationProtocol: CommunicationProtocolEnum.HTTP,
      timeout: 60_000,
      readyTimeout: 60_000,
    });
    expect(inspect(options)).not.toContain('hush');
    expect(JSON.stringify(options)).not.toContain('hush');
    expect(given).toEqual({ apiToken: 'hush' });
  });
});
