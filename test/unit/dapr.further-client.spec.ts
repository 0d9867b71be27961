import { describe, expect, it } from '@jest/globals';
import { CommunicationProtocolEnum } from '../../lib/client/communication-protocol.js';
import {
  resolveClientOptions,
  type DaprClientOptions,
} from '../../lib/client/options.js';
import { furtherClientOptions } from '../../lib/dapr.further-client.js';

const ENV = { DAPR_HTTP_PORT: '3501', DAPR_API_TOKEN: 'of-the-environment' };

/** What a further client is made of, beside a main client of these options. */
function further(
  own: DaprClientOptions,
  main: DaprClientOptions = {},
  env: Record<string, string> = ENV,
) {
  const options = furtherClientOptions(
    own,
    resolveClientOptions(main, env),
    env,
  );
  return resolveClientOptions(options, env);
}

describe('a further client', () => {
  it('without an address is one of the main client’s sidecar', () => {
    const grpc = { communicationProtocol: CommunicationProtocolEnum.GRPC };
    const main = { ...grpc, daprHost: 'dapr', daprPort: 50_002 };
    for (const own of [{}, grpc, { daprHost: undefined, httpEndpoint: '' }])
      expect(further(own, main)).toMatchObject({
        httpEndpoint: 'http://dapr:3501',
        grpcEndpoint: 'dapr:50002',
      });
  });

  it('keeps all else that it says', () => {
    const main = { timeout: 1, apiToken: 'of-the-main' };
    expect(further({ timeout: 2 }, main).timeout).toBe(2);
    expect(further({}, main).timeout).toBe(60_000);
    expect(further({ apiToken: 'own' }, main).apiToken).toBe('own');
    expect(further({ daprApiToken: 'own' }, main).apiToken).toBe('own');
    expect(further({ apiToken: '' }, main).apiToken).toBeUndefined();
  });

  it.each<[string, DaprClientOptions, DaprClientOptions, string | undefined]>([
    ['of the environment', {}, {}, 'of-the-environment'],
    ['of forRoot', {}, { apiToken: 'of-the-main' }, 'of-the-main'],
    ['none where forRoot says so', {}, { apiToken: '' }, undefined],
  ])('without an address has the token: %s', (_which, own, main, token) => {
    expect(further(own, main).apiToken).toBe(token);
  });

  it.each<[DaprClientOptions, string | undefined]>([
    [{ daprPort: 3501 }, 'of-the-environment'],
    [
      { httpEndpoint: 'http://127.0.0.1:3501', daprGrpcPort: 50_001 },
      'of-the-environment',
    ],
    [{ daprPort: 3502 }, undefined],
    [{ daprHost: 'other' }, undefined],
    [{ grpcEndpoint: 'other:50001' }, undefined],
    [{ daprHost: 'other', apiToken: 'own' }, 'own'],
    [{ daprHost: 'other', daprApiToken: 'own' }, 'own'],
  ])('with the address %j has the token %s', (own, token) => {
    expect(further(own).apiToken).toBe(token);
  });

  it('with an address keeps it', () => {
    expect(further({ daprPort: 4002 }, { daprHost: 'dapr' })).toMatchObject({
      httpEndpoint: 'http://127.0.0.1:4002',
      grpcEndpoint: '127.0.0.1:50001',
    });
  });
});
