import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component, resources } from './components.js';
import { RecordingApp } from './recording-app.js';
import { call, errorOf, messageOf } from './wire.js';

const NO_APP_ID = { status: 404, errorCode: 'ERR_DIRECT_INVOKE' };

describe('publish', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;
  const publish = (
    path: string,
    body: unknown = { a: 1 },
    headers?: Record<string, string>,
  ) => call(sidecar, 'POST', `/v1.0/publish/${path}`, body, headers);

  beforeAll(async () => {
    app.on('GET /dapr/subscribe', {
      body: [
        { pubsubname: 'pubsub', topic: 'orders', route: '/orders' },
        { pubsubname: 'pubsub', topic: 'a/b/c', route: '/slashes' },
        { pubsubname: 'pubsub', topic: 'wild*', route: '/wild' },
        { pubsubname: 'scoped', topic: 'mine', route: '/mine' },
        { pubsubname: 'scoped', topic: 'theirs', route: '/theirs' },
      ],
    });
    for (const path of ['/orders', '/slashes', '/wild', '/mine', '/theirs'])
      app.on(`POST ${path}`, {});
    await app.listen();
    sidecar = await startSidecar({
      appId: 'publisher',
      app,
      resources: resources(
        component('pubsub.in-memory', 'pubsub'),
        component('pubsub.in-memory', 'scoped', {
          publishingScopes: 'publisher=mine;other=theirs',
          subscriptionScopes: 'publisher=mine',
        }),
        component('pubsub.in-memory', 'closed', { allowedTopics: 'open' }),
        component('pubsub.in-memory', 'guarded', { protectedTopics: 'secret' }),
      ),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  it('is answered 204 without a body', async () => {
    const answer = await publish('pubsub/orders');
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    await app.next('POST /orders');
  });

  it('may use PUT as well as POST', async () => {
    const answer = await call(
      sidecar,
      'PUT',
      '/v1.0/publish/pubsub/orders',
      {},
    );
    expect(answer.status).toBe(204);
    await app.next('POST /orders');
  });

  it('is answered with a traceparent of zeros when nobody traces', async () => {
    const answer = await publish('pubsub/nobody');
    expect(answer.headers.traceparent).toBe(
      '00-00000000000000000000000000000000-0000000000000000-00',
    );
  });

  it('to a topic without subscribers is answered 204', async () => {
    expect((await publish('pubsub/nobody')).status).toBe(204);
  });

  it('reaches a topic whose name holds slashes', async () => {
    expect((await publish('pubsub/a/b/c')).status).toBe(204);
    const delivery = await app.next('POST /slashes');
    expect(delivery.json).toMatchObject({ topic: 'a/b/c' });
  });

  it('reaches the subscription of a longer topic by its wildcard', async () => {
    await publish('pubsub/wildest');
    const delivery = await app.next('POST /wild');
    expect(delivery.json).toMatchObject({ topic: 'wildest' });
  });

  it('of the bare prefix does not match its wildcard', async () => {
    await publish('pubsub/wild');
    await publish('pubsub/wilder');
    const delivery = await app.next('POST /wild');
    expect(delivery.json).toMatchObject({ topic: 'wilder' });
  });

  it('to an unknown pub/sub is answered 404', async () => {
    const answer = await publish('nope/orders');
    expect(errorOf(answer)).toEqual({
      status: 404,
      errorCode: 'ERR_PUBSUB_NOT_FOUND',
      reason: 'DAPR_PUBSUB_NOT_FOUND',
    });
    expect(messageOf(answer)).toBe('pubsub nope is not found');
  });

  it.each(['pubsub', 'pubsub/'])(
    'without a topic (%s) is no publish, but an invocation without an app id',
    async (path) => {
      expect(errorOf(await publish(path))).toEqual(NO_APP_ID);
    },
  );

  it('by GET is no publish, but an invocation without an app id', async () => {
    const answer = await call(sidecar, 'GET', '/v1.0/publish/pubsub/orders');
    expect(errorOf(answer)).toEqual(NO_APP_ID);
  });

  it('to a topic outside the publishing scopes of the app is answered 403', async () => {
    const answer = await publish('scoped/theirs');
    expect(errorOf(answer)).toEqual({
      status: 403,
      errorCode: 'ERR_PUBSUB_FORBIDDEN',
      reason: 'DAPR_PUBSUB_FORBIDDEN',
    });
    expect(messageOf(answer)).toBe(
      'topic theirs is not allowed for app id publisher',
    );
  });

  it('to a topic inside the scopes of the app is delivered', async () => {
    expect((await publish('scoped/mine')).status).toBe(204);
    await app.next('POST /mine');
  });

  it('to a topic that is not among the allowed ones is answered 403', async () => {
    expect((await publish('closed/open')).status).toBe(204);
    expect((await publish('closed/other')).status).toBe(403);
  });

  it('to a protected topic needs a scope of the app', async () => {
    expect((await publish('guarded/public')).status).toBe(204);
    expect((await publish('guarded/secret')).status).toBe(403);
  });

  it('with a rawPayload that is no boolean is answered 400', async () => {
    const answer = await publish('pubsub/orders?metadata.rawPayload=maybe');
    expect(errorOf(answer)).toEqual({
      status: 400,
      errorCode: 'ERR_PUBSUB_REQUEST_METADATA',
      reason: 'DAPR_PUBSUB_METADATA_DESERIALIZATION',
    });
    expect(messageOf(answer)).toBe(
      "failed deserializing metadata. Error: rawPayload value must be a valid boolean: actual is 'maybe'",
    );
  });

  it.each(['[1]', '{oops', ''])(
    'of a CloudEvent that is no JSON object (%j) is answered 500',
    async (body) => {
      const answer = await publish('pubsub/orders', body, {
        'content-type': 'application/cloudevents+json',
      });
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_PUBSUB_CLOUD_EVENTS_SER',
        reason: 'DAPR_PUBSUB_CLOUD_EVENT_CREATION',
      });
      expect(messageOf(answer)).toBe('cannot create cloudevent');
    },
  );

  it.each(['-1', 'abc', '1.5'])(
    'with ttlInSeconds %s is delivered without an expiration',
    async (ttl) => {
      const path = `pubsub/orders?metadata.ttlInSeconds=${ttl}`;
      expect((await publish(path)).status).toBe(204);
      const delivery = await app.next('POST /orders');
      expect(delivery.json).not.toHaveProperty('expiration');
    },
  );

  it('with ttlInSeconds 0 has expired when it would be delivered', async () => {
    const answer = await publish(
      'pubsub/orders?metadata.ttlInSeconds=0',
      'old',
    );
    expect(answer.status).toBe(204);
    await publish('pubsub/orders', 'new');
    const delivery = await app.next('POST /orders');
    expect(delivery.json).toMatchObject({ data: 'new' });
  });
});

describe('publish where no pub/sub is configured', () => {
  it('is answered 404 as for an unknown one', async () => {
    const sidecar = await startSidecar();
    try {
      const answer = await call(sidecar, 'POST', '/v1.0/publish/pubsub/t', 'x');
      expect(errorOf(answer)).toMatchObject({
        status: 404,
        errorCode: 'ERR_PUBSUB_NOT_FOUND',
      });
    } finally {
      await sidecar.stop();
    }
  });
});
