import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import type { Contender } from '../contender.js';

/** The bare primitive: node:http with a parsed body, and undici. */
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
};
