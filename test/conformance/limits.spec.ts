import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call, errorOf, messageOf } from './wire.js';

const MIB = 1024 * 1024;
// Little enough beyond the limit to be read all the same: with much of a body unread, a connection may end before its
// answer has come.
const TOO_MUCH = 4 * MIB + 1000;

describe('the API', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    app
      .on('GET /dapr/config', { body: { entities: ['Cart'] } })
      .on('GET /dapr/subscribe', {
        body: [{ pubsubname: 'pubsub', topic: 't', route: '/topic' }],
      })
      .on('POST /topic', {})
      .on('POST /large', {})
      .on('PUT /actors/Cart/1/method/m', ({ body }) => ({
        body: `${body.length}`,
      }));
    await app.listen();
    sidecar = await startSidecar({
      appId: 'limits',
      app,
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        component('state.in-memory', 'store', { actorStateStore: 'true' }),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it.each<[string, string]>([
    ['GET', '/'],
    ['GET', '/v1.0'],
    ['GET', '/v1.0/nothing/here'],
    ['POST', '/v1.0-alpha1/nothing'],
    ['GET', '/v2.0/metadata'],
    ['PATCH', '/v1.0/state/store'],
    ['DELETE', '/v1.0/state/store'],
    ['DELETE', '/v1.0/publish/pubsub/t'],
    ['GET', '/v1.0/publish/pubsub/t'],
    ['GET', '/v1.0/bindings/x'],
    ['PATCH', '/v1.0/actors/Cart/1/method/m'],
    ['GET', '/v1.0/actors/Cart/1/reminders'],
    ['GET', '/v1.0/actors/Cart/1/method/a/b'],
    ['GET', '/v1.0/actors/Cart/1/timers/t'],
    ['POST', '/v1.0/metadata'],
    ['POST', '/v1.0/healthz'],
    ['GET', '/v1.0/shutdown'],
  ])('answers an unknown path or verb 404: %s %s', async (verb, path) => {
    const answer = await call(sidecar, verb, path);
    expect(errorOf(answer)).toEqual({
      status: 404,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
    expect(messageOf(answer)).toBe(
      'failed getting app id either from the URL path or the header dapr-app-id',
    );
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it('cleans a path of double slashes and dots', async () => {
    const answer = await call(sidecar, 'GET', '/v1.0//x/../metadata');
    expect(answer.status).toBe(200);
  });

  it('refuses a publish beyond 4 MiB', async () => {
    const body = Buffer.alloc(TOO_MUCH, 'x');
    const answer = await call(sidecar, 'POST', '/v1.0/publish/pubsub/t', body);
    expect(errorOf(answer)).toMatchObject({
      status: 500,
      errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE',
    });
    expect(app.received('POST /topic')).toEqual([]);
  });

  it('refuses state beyond 4 MiB', async () => {
    const body = [{ key: 'large', value: 'x'.repeat(TOO_MUCH) }];
    const answer = await call(sidecar, 'POST', '/v1.0/state/store', body);
    expect(errorOf(answer)).toMatchObject({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
    expect((await call(sidecar, 'GET', '/v1.0/state/store/large')).status).toBe(
      204,
    );
  });

  it('refuses an actor call beyond 4 MiB', async () => {
    const body = Buffer.alloc(TOO_MUCH, 'x');
    const answer = await call(
      sidecar,
      'POST',
      '/v1.0/actors/Cart/1/method/m',
      body,
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(app.received('PUT /actors/Cart/1/method/m')).toEqual([]);
  });

  it('takes bodies of nearly 4 MiB', async () => {
    const body = Buffer.alloc(4 * MIB - 1024, 'x');
    const path = '/v1.0/actors/Cart/1/method/m';
    expect((await call(sidecar, 'POST', path, body)).text).toBe(
      `${body.length}`,
    );
    const value = 'x'.repeat(4 * MIB - 1024);
    await call(sidecar, 'POST', '/v1.0/state/store', [{ key: 'fits', value }]);
    const read = await call(sidecar, 'GET', '/v1.0/state/store/fits');
    expect(read.body.length).toBe(value.length + 2);
  });

  it('takes headers of 6 KB', async () => {
    const headers = { 'x-large': 'a'.repeat(6 * 1024) };
    const answer = await call(
      sidecar,
      'GET',
      '/v1.0/metadata',
      undefined,
      headers,
    );
    expect(answer.status).toBe(200);
  });

  it('refuses headers of 16 KB with 431', async () => {
    const headers = { 'x-large': 'a'.repeat(16 * 1024) };
    const answer = await call(
      sidecar,
      'GET',
      '/v1.0/metadata',
      undefined,
      headers,
    );
    expect(answer.status).toBe(431);
  });

  it('takes metadata from the query only with its prefix', async () => {
    await call(
      sidecar,
      'POST',
      '/v1.0/publish/pubsub/t?foo=1&metadata.bar=2',
      'x',
    );
    const { headers } = await app.next('POST /topic');
    expect(headers).not.toHaveProperty('foo');
    expect(headers.bar).toBe('2');
  });

  it('answers every call with a traceparent, that of the caller if there is one', async () => {
    const traceparent =
      '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const answer = await call(
      sidecar,
      'GET',
      '/v1.0/state/store/k',
      undefined,
      {
        traceparent,
      },
    );
    expect(answer.headers.traceparent).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-/,
    );
  });
});
