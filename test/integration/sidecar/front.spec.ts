import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { call } from '../../conformance/wire.js';
import { Stage } from '../../support/stage.js';

const ORDERS = { pubsubname: 'pubsub', topic: 'orders', route: '/orders' };
const MiB = 1024 * 1024;

describe('the HTTP API of the embedded sidecar', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ subscriptions: [ORDERS] });
    stage.app.on('POST /orders', {});
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  /** What comes back for bytes that need not be HTTP. */
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(stage.sidecar.httpPort, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.once('error', reject);
      socket.once('close', () => resolve(text));
      socket.end(bytes);
    });
  const isAlive = async (): Promise<void> => {
    expect((await stage.publish('pubsub/orders')).status).toBe(204);
  };

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', '400 Bad Request'],
    ['an unknown verb', 'FLY / HTTP/1.1\r\nhost: x\r\n\r\n', '400 Bad Request'],
    [
      'a broken escape in the path',
      'GET /v1.0/state/a/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      '400 Bad Request',
    ],
    [
      'an escape that is no text',
      'GET /v1.0/state/a/%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      '400 Bad Request',
    ],
    [
      'a target that is no path',
      'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      '400 Bad Request',
    ],
    [
      'headers beyond 8 KiB',
      `GET / HTTP/1.1\r\nhost: x\r\nx-big: ${'a'.repeat(9000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
    [
      'a chunk that is none',
      'POST /v1.0/publish/pubsub/orders HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      '400 Bad Request',
    ],
  ])('answers %s, and lives on', async (_what, bytes, status) => {
    expect(await raw(bytes)).toContain(`HTTP/1.1 ${status}`);
    await isAlive();
  });

  it('lives on when a caller goes in the middle of its body', async () => {
    await raw(
      'POST /v1.0/publish/pubsub/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc',
    );
    await isAlive();
    await stage.engine.idle();
  });

  it('takes headers of 8 KB', async () => {
    const headers = { 'x-big': 'a'.repeat(7800) };
    const answer = await stage.publish('pubsub/orders', 'x', headers);
    expect(answer.status).toBe(204);
  });

  it('takes bodies of 4 MiB and refuses larger ones as each operation does', async () => {
    const fits = await stage.publish('pubsub/orders', 'x'.repeat(4 * MiB));
    expect(fits.status).toBe(204);
    const big = Buffer.alloc(4 * MiB + 1, ' ');
    const publish = await stage.publish('pubsub/orders', big);
    expect(publish.status).toBe(500);
    expect(publish.json).toMatchObject({
      errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE',
      message:
        'error when publishing to topic orders in pubsub pubsub: stream too large',
    });
    const save = await call(
      stage.sidecar,
      'POST',
      '/v1.0/state/statestore',
      big,
    );
    expect(save.status).toBe(400);
    expect(save.json).toMatchObject({ errorCode: 'ERR_MALFORMED_REQUEST' });
    const path = '/v1.0/invoke/shop/method/orders';
    const invoke = await call(stage.sidecar, 'POST', path, big);
    expect(invoke.status).toBe(500);
    expect(invoke.json).toMatchObject({
      errorCode: 'ERR_DIRECT_INVOKE',
      message: 'failed to invoke, id: shop, err: stream too large',
    });
  });

  it('cleans paths, and takes a plus for a space', async () => {
    stage.app.on('GET /x', {});
    const twice = await call(stage.sidecar, 'GET', '//v1.0/./healthz/');
    expect(twice.status).toBe(204);
    const plus = await stage.publish('pub+sub/orders');
    expect(plus.json).toMatchObject({ message: 'pubsub pub sub is not found' });
    const escaped = await stage.publish('pub%2Bsub/orders');
    expect(escaped.json).toMatchObject({
      message: 'pubsub pub+sub is not found',
    });
  });

  it('honours the trace of the caller, and makes none', async () => {
    const traceparent =
      '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const traced = await stage.publish('pubsub/orders', 'x', {
      traceparent,
      tracestate: 'a=b',
    });
    expect(traced.headers).toMatchObject({ traceparent, tracestate: 'a=b' });
    const broken = await stage.publish('pubsub/orders', 'x', {
      traceparent: 'nonsense',
      tracestate: 'a=b',
    });
    expect(broken.headers['traceparent']).toMatch(/^00-0{32}-0{16}-00$/);
    expect(broken.headers).not.toHaveProperty('tracestate');
  });

  it('passes on an answer of which the head alone is wrong as an error', async () => {
    stage.app.on('GET /cut', 'cut');
    const path = '/v1.0/invoke/shop/method/cut';
    const answer = await call(stage.sidecar, 'GET', path);
    expect(answer.status).toBe(500);
    expect(answer.json).toMatchObject({ errorCode: 'ERR_DIRECT_INVOKE' });
  });
});
