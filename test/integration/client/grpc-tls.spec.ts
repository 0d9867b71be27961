import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { fileURLToPath } from 'node:url';
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { CommunicationProtocolEnum } from '../../../lib/client/communication-protocol.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { SidecarUnavailableError } from '../../../lib/errors/sidecar-unavailable.error.js';
import { component } from '../../conformance/components.js';
import { startEmbedded } from '../../support/embedded-sidecar.js';
import { joinSockets } from '../../support/join-sockets.js';
import type { Sidecar } from '../../support/sidecar.js';

const CERTIFICATE = fileURLToPath(
  new URL('../../fixtures/tls/certificate.pem', import.meta.url),
);
const KEY = new URL('../../fixtures/tls/key.pem', import.meta.url);
// Read by grpc-js when it is loaded, which here the first call does.
const ROOTS = 'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH';

/** A gateway with TLS in front of a sidecar. */
describe('DaprClient over gRPC with TLS', () => {
  const before = process.env[ROOTS];
  const clients: DaprClient[] = [];
  let sidecar: Sidecar;
  let gateway: Server;
  let port: number;

  const clientOf = (grpcEndpoint: string): DaprClient => {
    const communicationProtocol = CommunicationProtocolEnum.GRPC;
    const client = new DaprClient({ grpcEndpoint, communicationProtocol });
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    process.env[ROOTS] = CERTIFICATE;
    sidecar = await startEmbedded({
      resources: component('state.in-memory', 'store'),
    });
    gateway = createServer(
      {
        key: readFileSync(KEY),
        cert: readFileSync(CERTIFICATE),
        ALPNProtocols: ['h2'],
      },
      (outside) => {
        const inside = connect(sidecar.grpcPort, '127.0.0.1');
        joinSockets(outside, inside);
      },
    );
    gateway.on('tlsClientError', () => undefined);
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    port = (gateway.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.stop();
  });
  afterAll(async () => {
    if (before === undefined) delete process.env[ROOTS];
    else process.env[ROOTS] = before;
    const closed = once(gateway, 'close');
    gateway.close();
    await closed;
    await sidecar.stop();
  });

  it.each(['https://localhost:%', 'grpcs:localhost:%', 'localhost:%?tls=true'])(
    'speaks it to %s [C9]',
    async (endpoint) => {
      const { state, health } = clientOf(endpoint.replace('%', `${port}`));
      await state.save('store', [{ key: 'k', value: endpoint }]);
      expect(await state.get('store', 'k')).toBe(endpoint);
      expect(await health.isHealthy()).toBe(true);
    },
  );

  it('does not wait where its certificate is for another host', async () => {
    const { state } = clientOf(`https://[::ffff:127.0.0.1]:${port}`);
    const got = state.get('store', 'k');
    await expect(got).rejects.toThrow(SidecarUnavailableError);
    await expect(got).rejects.toThrow(/certificate/);
  });

  it('is told nothing by a client that speaks none', async () => {
    const { state } = clientOf(`localhost:${port}`);
    const got = state.get('store', 'k', { timeout: 500 });
    await expect(got).rejects.toThrow(SidecarUnavailableError);
  });
});
