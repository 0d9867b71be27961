import { afterAll, describe, expect, it } from '@jest/globals';
import { CommunicationProtocolEnum } from '../../../lib/client/communication-protocol.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import type { DaprClientOptions } from '../../../lib/client/options.js';
import type { MetadataValues } from '../../../lib/client/metadata-values.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { startGrpcServer } from './grpc-server.js';
import { startServer } from './server.js';

const ofAll = { a: 1, b: 'common', c: undefined };
const ofOne = { a: undefined, b: false };

describe('metadata of which some are undefined', () => {
  async function publish(options: DaprClientOptions): Promise<void> {
    const client = new DaprClient(options);
    const { pubsub } = client;
    await pubsub.publish('p', 't', 1, { metadata: ofAll });
    await pubsub.publishBulk('p', 't', [{ event: 1, metadata: ofOne }], ofAll);
    await client.stop();
  }

  it('are sent over HTTP without these', async () => {
    const server = await startServer(
      (_, response) => void response.writeHead(204).end(),
    );
    await publish({ httpEndpoint: server.url });
    const [one, several] = server.requests;
    expect(one?.url).toBe('/v1.0/publish/p/t?metadata.a=1&metadata.b=common');
    expect(JSON.parse(`${several?.body}`)).toMatchObject([
      { metadata: { a: '1', b: 'false' } },
    ]);
    await server.close();
  });

  it('are sent over gRPC without these', async () => {
    const server = await startGrpcServer({
      publishEvent: () => ({}),
      bulkPublishEvent: () => ({ failedEntries: [] }),
    });
    const communicationProtocol = CommunicationProtocolEnum.GRPC;
    await publish({ grpcEndpoint: server.address, communicationProtocol });
    expect(server.calls.map(({ request }) => request)).toMatchObject([
      { metadata: { a: '1', b: 'common' } },
      { entries: [{ metadata: { a: '1', b: 'false' } }] },
    ]);
    await server.close();
  });
});

type Call = (client: DaprClient, metadata: MetadataValues) => Promise<unknown>;

const entry = { key: 'k', value: 1 };

describe.each(['HTTP', 'GRPC'] as const)('metadata over %s', (protocol) => {
  // Nothing listens: what is refused is not sent.
  const client = new DaprClient({
    daprHost: 'nowhere.invalid',
    readyTimeout: 0,
    communicationProtocol: CommunicationProtocolEnum[protocol],
  });
  afterAll(() => client.stop());

  it.each<[string, Call]>([
    [
      'pubsub.publish "p" topic "t"',
      ({ pubsub }, metadata) => pubsub.publish('p', 't', 1, { metadata }),
    ],
    [
      'pubsub.publishBulk "p" topic "t"',
      ({ pubsub }, metadata) => pubsub.publishBulk('p', 't', [1], metadata),
    ],
    [
      'pubsub.publishBulk "p" topic "t"',
      ({ pubsub }, metadata) =>
        pubsub.publishBulk('p', 't', [{ event: 1, metadata }]),
    ],
    [
      'binding.send "b" operation "create"',
      ({ binding }, metadata) => binding.send('b', 'create', 1, metadata),
    ],
    [
      'secret.get "s" key "k"',
      ({ secret }, metadata) => secret.get('s', 'k', metadata),
    ],
    [
      'secret.getBulk "s"',
      ({ secret }, metadata) => secret.getBulk('s', metadata),
    ],
    [
      'configuration.get "c" key "k"',
      ({ configuration }, metadata) => configuration.get('c', ['k'], metadata),
    ],
    [
      'conversation.converse "m"',
      ({ conversation }, metadata) =>
        conversation.converse('m', { inputs: [], metadata }),
    ],
    [
      'state.save "s" key "k"',
      ({ state }, metadata) => state.save('s', [entry], { metadata }),
    ],
    [
      'state.save "s" key "k"',
      ({ state }, metadata) => state.save('s', [{ ...entry, metadata }]),
    ],
    [
      'state.get "s" key "k"',
      ({ state }, metadata) => state.get('s', 'k', { metadata }),
    ],
    [
      'state.getBulk "s" key "k"',
      ({ state }, metadata) => state.getBulk('s', ['k'], { metadata }),
    ],
    [
      'state.delete "s" key "k"',
      ({ state }, metadata) => state.delete('s', 'k', { metadata }),
    ],
    [
      'state.transaction "s"',
      ({ state }, metadata) => state.transaction('s', [], metadata),
    ],
    [
      'state.transaction "s" key "k"',
      ({ state }, metadata) =>
        state.transaction('s', [
          { operation: 'upsert', request: { ...entry, metadata } },
        ]),
    ],
    [
      'state.query "s"',
      ({ state }, metadata) => state.query('s', {}, { metadata }),
    ],
  ])('of %s may hold no object, and no null', async (operation, call) => {
    for (const [value, words] of [
      [{ a: 1 }, 'an object'],
      [null, 'null'],
      [['a'], 'an array'],
    ] as const) {
      const failed = call(client, { own: value as never });
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({
        operation,
        message: `${operation} failed: "own" of the metadata is ${words}; text, a number or a boolean is due.`,
      });
    }
  });
});
