import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommunicationProtocolEnum } from '../../../lib/client/communication-protocol.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { startGrpcServer, type TestGrpcServer } from './grpc-server.js';
import { startServer, type TestServer } from './server.js';

/** What no store on hand does, and others do. */
describe.each(['HTTP', 'gRPC'])('client.state over %s', (protocol) => {
  let http: TestServer;
  let grpc: TestGrpcServer;
  let client: DaprClient;

  beforeAll(async () => {
    const answers: Readonly<Record<string, object>> = {
      '/v1.0/state/s/bulk': [
        { key: 'a', error: 'no quorum' },
        { key: 'b', data: 1, etag: 'x', metadata: { ttlExpireTime: 'then' } },
      ],
      '/v1.0-alpha1/state/s/query': {
        results: [
          { key: 'a', data: null, error: 'no quorum' },
          { key: 'b', data: { n: 1 } },
        ],
      },
    };
    http = await startServer(({ url }, response) => {
      response.end(JSON.stringify(answers[url]));
    });
    grpc = await startGrpcServer({
      getBulkState: () => ({
        items: [
          {
            key: 'a',
            data: Buffer.alloc(0),
            etag: '',
            error: 'no quorum',
            metadata: {},
          },
          {
            key: 'b',
            data: Buffer.from('1'),
            etag: 'x',
            error: '',
            metadata: { ttlExpireTime: 'then' },
          },
        ],
      }),
      queryStateAlpha1: () => ({
        results: [
          { key: 'a', data: Buffer.from('null'), etag: '', error: 'no quorum' },
          { key: 'b', data: Buffer.from('{"n":1}'), etag: '', error: '' },
        ],
        token: '',
        metadata: {},
      }),
    });
    const communicationProtocol =
      CommunicationProtocolEnum[protocol === 'HTTP' ? 'HTTP' : 'GRPC'];
    client = new DaprClient({
      httpEndpoint: http.url,
      grpcEndpoint: grpc.address,
      communicationProtocol,
    });
  });
  afterAll(async () => {
    await client.stop();
    await grpc.close();
    await http.close();
  });

  it('tells for each key why it could not be read [C3]', async () => {
    expect(await client.state.getBulk('s', ['a', 'b'])).toEqual([
      { key: 'a', error: 'no quorum' },
      { key: 'b', data: 1, etag: 'x', metadata: { ttlExpireTime: 'then' } },
    ]);
  });

  it('tells for each value that a query found why it could not be read [C3]', async () => {
    expect(await client.state.query('s', {})).toEqual({
      results: [
        { key: 'a', data: null, error: 'no quorum' },
        { key: 'b', data: { n: 1 } },
      ],
    });
  });
});
