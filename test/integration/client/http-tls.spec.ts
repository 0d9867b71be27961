import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { SidecarUnavailableError } from '../../../lib/errors/sidecar-unavailable.error.js';
import { component } from '../../conformance/components.js';
import { startEmbedded } from '../../support/embedded-sidecar.js';
import { joinSockets } from '../../support/join-sockets.js';
import type { Sidecar } from '../../support/sidecar.js';

const pathOf = (file: string): string =>
  fileURLToPath(new URL(file, import.meta.url));

const CERTIFICATE = pathOf('../../fixtures/tls/certificate.pem');
const KEY = pathOf('../../fixtures/tls/key.pem');

/** A gateway with TLS in front of a sidecar. */
describe('DaprClient over HTTP with TLS', () => {
  let sidecar: Sidecar;
  let gateway: Server;
  let port: number;

  beforeAll(async () => {
    sidecar = await startEmbedded({
      resources: component('state.in-memory', 'store'),
    });
    gateway = createServer(
      { key: readFileSync(KEY), cert: readFileSync(CERTIFICATE) },
      (outside) => {
        const inside = connect(Number(new URL(sidecar.url).port), '127.0.0.1');
        joinSockets(outside, inside);
      },
    );
    gateway.on('tlsClientError', () => undefined);
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    port = (gateway.address() as AddressInfo).port;
  });
  afterAll(async () => {
    const closed = once(gateway, 'close');
    gateway.close();
    await closed;
    await sidecar.stop();
  });

  it('speaks it where the certificate is one that Node was told to trust [C9]', async () => {
    const addresses = [
      `https://localhost:${port}`,
      `https://127.0.0.1:${port}/`,
    ];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--import',
        new URL('../../dapr/typescript.mjs', import.meta.url).href,
        pathOf('tls-client.ts'),
        ...addresses,
      ],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE } },
    );
    expect(JSON.parse(stdout)).toEqual(addresses);
  });

  it('does not wait where nobody trusts the certificate', async () => {
    const client = new DaprClient({
      httpEndpoint: `https://localhost:${port}`,
    });
    const got = client.state.get('store', 'k');
    await expect(got).rejects.toThrow(SidecarUnavailableError);
    await expect(got).rejects.toThrow(/SELF_SIGNED_CERT/);
    await client.stop();
  });
});
