import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { DaprClient } from '../../lib/index.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';

type Serve = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A stream that a spec fills. */
const source = (): Readable => new Readable({ read: () => undefined });

describe('a stream over HTTP', () => {
  let serve: Serve;
  const app = createServer((request, response) => {
    if (request.url === '/m') serve(request, response);
    else response.writeHead(404).end();
  });
  let callee: Sidecar;
  let caller: Sidecar;
  let clients: Record<'caller' | 'callee', DaprClient>;
  let url: string;

  beforeAll(async () => {
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    const { port } = app.address() as AddressInfo;
    url = `http://127.0.0.1:${port}`;
    const resources = `apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata:
  name: outside
spec:
  baseUrl: ${url}
`;
    callee = await startSidecar({ appId: 'callee', app: { port }, resources });
    caller = await startSidecar({ appId: 'caller', beside: callee, resources });
    clients = {
      callee: new DaprClient({ httpEndpoint: callee.url }),
      caller: new DaprClient({ httpEndpoint: caller.url }),
    };
  });
  afterAll(async () => {
    await Promise.all(Object.values(clients).map((client) => client.stop()));
    await caller?.stop();
    await callee?.stop();
    app.closeAllConnections();
    app.close();
  });

  describe.each<[string, 'caller' | 'callee', () => string]>([
    ['another app', 'caller', () => 'callee'],
    ['the own app', 'callee', () => 'callee'],
    ['an HTTPEndpoint', 'callee', () => 'outside'],
    ['a URL', 'callee', () => url],
  ])('between a caller and %s', (_what, by, target) => {
    it('reaches the app as it comes', async () => {
      const seen: string[] = [];
      const data = source();
      serve = (request, response) => {
        request.on('data', (chunk) => {
          seen.push(String(chunk));
          if (seen.length === 1) data.push('second');
          else data.push(null);
        });
        request.once('end', () => response.end('done'));
      };
      data.push('first');
      const { invoker } = clients[by];
      await invoker.invoke(target(), 'm', 'POST', data);
      expect(seen).toEqual(['first', 'second']);
    });

    it('reaches the caller as it comes', async () => {
      let goOn = (): void => undefined;
      serve = (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('first');
        goOn = () => void response.end('second');
      };
      const { body } = await clients[by].invoker.request(target(), 'm');
      const seen: string[] = [];
      for await (const chunk of body) {
        seen.push(String(chunk));
        goOn();
      }
      expect(seen).toEqual(['first', 'second']);
    });

    it('ends at the app, too, when the caller gives up', async () => {
      const stop = new AbortController();
      const ended = new Promise<void>((resolve) => {
        serve = (request) =>
          request
            .once('close', resolve)
            .on('error', () => undefined)
            .once('data', () => stop.abort(new Error('enough')))
            .resume();
      });
      const data = source();
      data.push('first');
      const { signal } = stop;
      await expect(
        clients[by].invoker.invoke(target(), 'm', 'POST', data, { signal }),
      ).rejects.toThrow('enough');
      expect(data.destroyed).toBe(true);
      await ended;
    });
  });
});
