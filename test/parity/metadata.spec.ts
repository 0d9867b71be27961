import { expect, it } from '@jest/globals';
import {
  CommunicationProtocolEnum,
  DaprBadRequestError,
  type DaprMetadata,
} from '../../lib/index.js';
import { component, resources } from '../conformance/components.js';
import { grpcCall } from '../conformance/grpc-wire.js';
import { describeParity } from './parity.js';

const answers: Readonly<Record<string, object>> = {
  '/dapr/config': { entities: ['Cart'] },
  '/dapr/subscribe': [
    {
      pubsubname: 'pubsub',
      topic: 'orders',
      deadLetterTopic: 'dead',
      metadata: { k: 'v' },
      routes: {
        rules: [{ match: 'event.type == "x"', path: '/x' }],
        default: '/orders',
      },
    },
    { pubsubname: 'pubsub', topic: 'dead', route: '/dead' },
  ],
};

describeParity(
  'metadata',
  {
    appId: 'described',
    app: (request, response) => {
      const answer = answers[request.url ?? ''];
      response.writeHead(answer ? 200 : 404).end(JSON.stringify(answer));
    },
    resources: () =>
      resources(
        component('pubsub.in-memory', 'pubsub'),
        component('state.in-memory', 'store', { actorStateStore: 'true' }),
        'apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata:\n  name: web\nspec:\n  baseUrl: http://127.0.0.1:1\n',
        'apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata:\n  name: patient\nspec: {}\n',
      ),
  },
  (run) => {
    it('tells of the app, its components, subscriptions and actors', async () => {
      const metadata = await run.client.metadata.get();
      expect(metadata).toMatchObject({
        id: 'described',
        runtimeVersion: expect.stringMatching(/./),
        enabledFeatures: expect.any(Array),
        actors: [{ type: 'Cart', count: 0 }],
        httpEndpoints: [{ name: 'web' }],
        resiliencies: [{ name: 'patient' }],
        extended: { daprRuntimeVersion: expect.any(String) },
        appConnectionProperties: {
          port: expect.any(Number),
          protocol: 'http',
          channelAddress: '127.0.0.1',
        },
        actorRuntime: {
          runtimeStatus: 'RUNNING',
          activeActors: [{ type: 'Cart', count: 0 }],
          hostReady: true,
          placement: 'placement: connected',
        },
      });
      expect(metadata.components).toHaveLength(2);
      expect(metadata.components).toContainEqual({
        name: 'pubsub',
        type: 'pubsub.in-memory',
        version: 'v1',
        capabilities: ['SUBSCRIBE_WILDCARDS'],
      });
      expect(metadata.subscriptions).toHaveLength(2);
      expect(metadata.subscriptions).toContainEqual({
        pubsubname: 'pubsub',
        topic: 'orders',
        metadata: { k: 'v' },
        rules: [
          { match: 'event.type == "x"', path: '/x' },
          { path: '/orders' },
        ],
        deadLetterTopic: 'dead',
        type: 'PROGRAMMATIC',
      });
    });

    it('tells the same over the other protocol', async () => {
      const other = run.connect({
        communicationProtocol:
          run.protocol === 'HTTP'
            ? CommunicationProtocolEnum.GRPC
            : CommunicationProtocolEnum.HTTP,
      });
      const shown = async ({
        get,
      }: {
        get(): Promise<DaprMetadata>;
      }): Promise<DaprMetadata> => {
        const metadata = await get();
        const byName = (one: object, two: object): number =>
          JSON.stringify(one) < JSON.stringify(two) ? -1 : 1;
        return {
          ...metadata,
          // Go keeps no order.
          enabledFeatures: [...metadata.enabledFeatures].sort(),
          components: [...metadata.components].sort(byName),
          subscriptions: [...metadata.subscriptions].sort(byName),
        };
      };
      const { metadata } = run.client;
      expect(await shown({ get: () => metadata.get() })).toStrictEqual(
        await shown({ get: () => other.metadata.get() }),
      );
    });

    it('keeps values of the app, of any letters [C4]', async () => {
      const { metadata } = run.client;
      expect(await metadata.set('my/key é', 'grüße: "x"')).toBe(true);
      expect(await metadata.set('empty', '')).toBe(true);
      const { extended } = await metadata.get();
      expect(extended).toMatchObject({ 'my/key é': 'grüße: "x"', empty: '' });
    });

    it('refuses an empty key itself, which the sidecar would ignore', async () => {
      const failed = run.client.metadata.set('', 'x');
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await grpcCall(run.sidecar, 'setMetadata', { key: '', value: 'x' });
      const { extended } = await run.client.metadata.get();
      expect(extended).not.toHaveProperty('');
    });
  },
);

describeParity(
  'metadata of a sidecar with nothing',
  { appId: 'bare', resources: () => '\n' },
  (run) => {
    it('has empty lists', async () => {
      expect(await run.client.metadata.get()).toMatchObject({
        id: 'bare',
        actors: [],
        components: [],
        subscriptions: [],
        httpEndpoints: [],
        resiliencies: [],
      });
    });
  },
);
