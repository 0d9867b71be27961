import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { until } from '../../support/until.js';
import { ManualClock } from './manual-clock.js';
import { freePort } from './server.js';

type Serve = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A stream that a spec fills; `pulled` counts how often its reader wanted more. */
class Source extends Readable {
  pulled = 0;
  override _read(): void {
    this.pulled += 1;
  }
}

describe('a stream as the data of an invocation', () => {
  let server: Server;
  let client: DaprClient;
  let serve: Serve;

  const listen = async (port = 0): Promise<Server> => {
    const made = createServer((...call) => void serve(...call));
    made.listen(port, '127.0.0.1');
    await once(made, 'listening');
    return made;
  };
  const urlOf = (each: Server): string =>
    `http://127.0.0.1:${(each.address() as AddressInfo).port}`;
  const close = async (each: Server): Promise<void> => {
    const closed = once(each, 'close');
    each.close();
    each.closeAllConnections();
    await closed;
  };
  const send = (data: Readable, options = {}, by = client): Promise<unknown> =>
    by.invoker.invoke('app', 'm', 'POST', data, options);

  beforeAll(async () => {
    server = await listen();
    client = new DaprClient({ httpEndpoint: urlOf(server) });
  });
  afterAll(async () => {
    await client.stop();
    await close(server);
  });

  it('goes out as it comes', async () => {
    const source = new Source();
    const seen: string[] = [];
    serve = async (request, response) => {
      for await (const chunk of request) {
        seen.push(String(chunk));
        source.push(seen.length === 1 ? 'second' : null);
      }
      response.end('done');
    };
    source.push('first');
    await expect(send(source)).resolves.toBe('done');
    expect(seen).toEqual(['first', 'second']);
  });

  it('of objects that are no bytes fails, and takes nobody along', async () => {
    serve = async (request, response) => response.end(await text(request));
    const failed = send(Readable.from([{ a: 1 }]));
    await expect(failed).rejects.toThrow();
    await expect(send(Readable.from(['fine']))).resolves.toBe('fine');
  });

  it('waits for a reader that is slower than it', async () => {
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    let size = 0;
    serve = async (request, response) => {
      await started;
      for await (const chunk of request) size += (chunk as Buffer).length;
      response.end('done');
    };
    const chunk = Buffer.alloc(64 * 1024);
    const total = 1_000;
    let made = 0;
    const source = new Readable({
      read() {
        made += 1;
        this.push(made <= total ? chunk : null);
      },
    });
    const sent = send(source);
    await once(source, 'pause');
    expect(made).toBeLessThan(total / 2);
    start();
    await expect(sent).resolves.toBe('done');
    expect(size).toBe(total * chunk.length);
  });

  it.each(['signal', 'timeout'])(
    'ends with its %s, and so does its connection',
    async (what) => {
      let cut = (): void => undefined;
      const ended = new Promise<void>((resolve) => (cut = resolve));
      serve = (request) => request.on('error', cut).resume();
      const clock = new ManualClock();
      const controller = new AbortController();
      const other = new DaprClient({ httpEndpoint: urlOf(server) }, { clock });
      const source = new Source();
      source.push('first');
      const { signal } = controller;
      const options = what === 'signal' ? { signal } : { timeout: 50 };
      const failed = expect(send(source, options, other)).rejects.toMatchObject(
        { name: what === 'signal' ? 'AbortError' : 'DaprTimeoutError' },
      );
      await once(server, 'request');
      if (what === 'signal') controller.abort();
      else clock.advance(50);
      await failed;
      expect(source.destroyed).toBe(true);
      await ended;
      await other.stop();
    },
  );

  it('is destroyed where the call can’t even begin', async () => {
    const source = new Source();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(send(source, { signal })).rejects.toThrow('enough');
    expect(source.destroyed).toBe(true);
    expect(source.pulled).toBe(0);
  });

  it('ends where the client is stopped', async () => {
    serve = (request) => request.on('error', () => undefined).resume();
    const other = new DaprClient({ httpEndpoint: urlOf(server) });
    const source = new Source();
    source.push('first');
    const failed = expect(send(source, {}, other)).rejects.toThrow(
      'the client was stopped',
    );
    await once(server, 'request');
    await other.stop();
    await failed;
    expect(source.destroyed).toBe(true);
  });

  it('ends where the sidecar cuts the connection', async () => {
    serve = (request) =>
      request.once('data', () => request.socket.destroy()).resume();
    const source = new Source();
    source.push('first');
    await expect(send(source)).rejects.toMatchObject({
      name: 'SidecarUnavailableError',
    });
    expect(source.destroyed).toBe(true);
  });

  it('ends where the app answers without having read all of it', async () => {
    serve = (_, response) => response.writeHead(413).end('too much');
    const source = new Source();
    source.push('first');
    await expect(send(source)).rejects.toMatchObject({
      status: 413,
      details: [{ body: 'too much' }],
    });
    await until(() => source.destroyed);
  });

  it('waits for a sidecar that is not there yet, untouched', async () => {
    serve = async (request, response) => response.end(await text(request));
    const port = await freePort();
    const early = new DaprClient({ httpEndpoint: `http://127.0.0.1:${port}` });
    const source = Readable.from(['all ', 'of it']);
    let attempts = 0;
    const count = (): void => void (attempts += 1);
    subscribe('undici:client:connectError', count);
    const sent = send(source, {}, early);
    await until(() => attempts > 0);
    unsubscribe('undici:client:connectError', count);
    expect(source.readableDidRead).toBe(false);
    const late = await listen(port);
    await expect(sent).resolves.toBe('all of it');
    await early.stop();
    await close(late);
  });

  it('fails with a sidecar that never comes', async () => {
    const port = await freePort();
    const early = new DaprClient({
      httpEndpoint: `http://127.0.0.1:${port}`,
      readyTimeout: 50,
    });
    const source = new Source();
    await expect(send(source, {}, early)).rejects.toMatchObject({
      name: 'SidecarUnavailableError',
    });
    expect(source.destroyed).toBe(true);
    await early.stop();
  });

  it('is left alone where there is no body to send', async () => {
    serve = (_, response) => response.end('done');
    const source = Readable.from(['x']);
    await client.invoker.invoke('app', 'm', 'GET', source);
    expect(source.readableDidRead).toBe(false);
  });

  it('can meet a streamed answer', async () => {
    serve = (request, response) => {
      response.writeHead(200);
      request.pipe(response);
    };
    const source = new Source();
    source.push('ping');
    const { body } = await client.invoker.request('app', 'm', 'POST', source);
    expect(String((await once(body, 'data'))[0])).toBe('ping');
    source.push('pong');
    expect(String((await once(body, 'data'))[0])).toBe('pong');
    source.push(null);
    await once(body, 'end');
  });
});
