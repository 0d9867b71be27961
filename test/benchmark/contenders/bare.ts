import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { credentials, loadPackageDefinition, type Client } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Pool } from 'undici';
import type { Contender } from '../contender.js';

/** The bare primitive: node:http with a parsed body, undici, and grpc-js with proto-loader. */
export const contender: Contender = {
  async serve() {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const event = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
        const body =
          request.method === 'PUT'
            ? JSON.stringify(event)
            : '{"status":"SUCCESS"}';
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        });
        response.end(body);
      });
    });
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
    return {
      port: (server.address() as AddressInfo).port,
      topicPath: '/orders',
      hasActors: true,
    };
  },
  async client(sidecarPort) {
    const pool = new Pool(`http://127.0.0.1:${sidecarPort}`, {
      connections: 64,
    });
    return async () => {
      const { body } = await pool.request({
        method: 'GET',
        path: '/v1.0/state/statestore/key',
      });
      return body.json();
    };
  },
  async grpcClient(sidecarPort) {
    const client = daprClient(`127.0.0.1:${sidecarPort}`);
    const request = { storeName: 'statestore', key: 'key' };
    return () =>
      new Promise((done, fail) =>
        client.getState(request, (error, response) =>
          error ? fail(error) : done(JSON.parse(response.data.toString())),
        ),
      );
  },
};

interface StateClient extends Client {
  getState(
    request: object,
    callback: (error: Error | null, response: { data: Buffer }) => void,
  ): void;
}

function daprClient(address: string): StateClient {
  const definition = loadSync('dapr.proto', {
    includeDirs: [resolve('lib/protocol/proto')],
  });
  const { Dapr } = (
    loadPackageDefinition(definition) as unknown as {
      dapr: {
        proto: {
          runtime: {
            v1: {
              Dapr: new (address: string, security: unknown) => StateClient;
            };
          };
        };
      };
    }
  ).dapr.proto.runtime.v1;
  return new Dapr(address, credentials.createInsecure());
}
