import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommunicationProtocolEnum } from '../../../lib/client/communication-protocol.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import type { Faults } from '../../../lib/sidecar/faults.js';
import { component } from '../../conformance/components.js';
import {
  startEmbedded,
  type EmbeddedSidecar,
} from '../../support/embedded-sidecar.js';

describe.each(['HTTP', 'GRPC'] as const)(
  'a store that fails, over %s',
  (protocol) => {
    let sidecar: EmbeddedSidecar;
    let client: DaprClient;
    let faults: Faults;

    beforeAll(async () => {
      sidecar = (await startEmbedded({
        resources: component('state.redis', 'store'),
      })) as EmbeddedSidecar;
      faults = sidecar.engine.faults;
      client = new DaprClient({
        httpEndpoint: sidecar.url,
        grpcEndpoint: `127.0.0.1:${sidecar.grpcPort}`,
        communicationProtocol: CommunicationProtocolEnum[protocol],
      });
    });
    afterAll(async () => {
      await client.stop();
      await sidecar.stop();
    });

    it.each<[string, string, (client: DaprClient) => Promise<unknown>]>([
      ['get', 'ERR_STATE_GET', ({ state }) => state.get('store', 'k')],
      [
        'getBulk',
        'ERR_STATE_BULK_GET',
        ({ state }) => state.getBulk('store', ['k']),
      ],
      ['query', 'ERR_STATE_QUERY', ({ state }) => state.query('store', {})],
    ])('fails %s with %s [C3]', async (_, errorCode, call) => {
      faults.failNext('state.read');
      await expect(call(client)).rejects.toMatchObject({
        name: 'DaprError',
        status: 500,
        errorCode,
        message: expect.stringContaining('injected fault at state.read'),
      });
    });

    it.each<[string, string, (client: DaprClient) => Promise<unknown>]>([
      [
        'save',
        'ERR_STATE_SAVE',
        ({ state }) => state.save('store', [{ key: 'k' }]),
      ],
      ['delete', 'ERR_STATE_DELETE', ({ state }) => state.delete('store', 'k')],
      [
        'transaction',
        'ERR_STATE_TRANSACTION',
        ({ state }) =>
          state.transaction('store', [
            { operation: 'delete', request: { key: 'k' } },
          ]),
      ],
    ])('fails %s with %s [C3]', async (_, errorCode, call) => {
      faults.failNext('state.write');
      await expect(call(client)).rejects.toMatchObject({
        name: 'DaprError',
        status: 500,
        errorCode,
        message: expect.stringContaining('injected fault at state.write'),
      });
    });
  },
);
