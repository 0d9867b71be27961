import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprNotFoundError } from '../../../lib/errors/dapr-not-found.error.js';
import { DaprPermissionError } from '../../../lib/errors/dapr-permission.error.js';
import {
  startRecordedSidecar,
  type RecordedSidecar,
} from './recorded-sidecar.js';

describe('client.pubsub', () => {
  let sidecar: RecordedSidecar;
  let client: DaprClient;

  beforeAll(async () => {
    sidecar = await startRecordedSidecar();
    client = new DaprClient({ httpEndpoint: sidecar.url });
  });

  afterAll(async () => {
    await client.stop();
    await sidecar.close();
  });

  it.each([
    ['publish application/json number to pubsub.in-memory', 5],
    ['publish application/json array to pubsub.in-memory', [1, '2', null]],
    ['publish text/plain to pubsub.in-memory', 'hello'],
    [
      'publish application/octet-stream to pubsub.in-memory',
      Buffer.from('fffe0080', 'hex'),
    ],
  ])('can %s', async (name, data) => {
    await sidecar.play(name, () => client.pubsub.publish('mem', 'ct', data));
  });

  it.each([
    ['publish application/json string to pubsub.in-memory', 'hi'],
    ['publish vendor application/foo+json to pubsub.in-memory', { a: 1 }],
  ])('can %s by its content type', async (name, data) => {
    const contentType = name.includes('vendor')
      ? 'application/vnd.acme+json'
      : 'application/json';
    await sidecar.play(name, () =>
      client.pubsub.publish('mem', 'ct', data, { contentType }),
    );
  });

  async function published(data?: unknown, topic = 'ct') {
    sidecar.answerWith('publish text/plain to pubsub.in-memory');
    await client.pubsub.publish('mem', topic, data);
    const { headers, body, url } = sidecar.requests.at(-1)!;
    return { type: headers['content-type'], body, text: `${body}`, url };
  }

  it.each([
    [0, '0'],
    [false, 'false'],
    [null, 'null'],
  ])('publishes %j as it is [C5]', async (data, text) => {
    expect(await published(data)).toMatchObject({
      type: 'application/json',
      text,
    });
  });

  it('publishes an empty text as text, and nothing as nothing [C5]', async () => {
    expect(await published('')).toMatchObject({ type: 'text/plain', text: '' });
    expect(await published()).toMatchObject({ type: undefined, text: '' });
  });

  it('publishes class instances, dates, maps and nested ones as JSON [C1]', async () => {
    class Order {
      readonly placed = new Date(0);
      readonly lines = new Map([['book', { count: 2 }]]);
    }
    expect(await published(new Order())).toMatchObject({
      type: 'application/json',
      text: '{"placed":"1970-01-01T00:00:00.000Z","lines":{"book":{"count":2}}}',
    });
    expect(await published(new Date(0))).toMatchObject({
      type: 'application/json',
      text: '"1970-01-01T00:00:00.000Z"',
    });
  });

  it('publishes exactly the bytes of a view over a larger buffer [C2]', async () => {
    const whole = Uint8Array.from({ length: 64 }, (_, index) => index);
    const view = whole.subarray(10, 16);
    const { type, body } = await published(view);
    expect(type).toBe('application/octet-stream');
    expect([...body]).toEqual([10, 11, 12, 13, 14, 15]);
  });

  it.each([
    ['a/b', 'a%2Fb'],
    ['a?b#c', 'a%3Fb%23c'],
    ['a+b %', 'a%2Bb%20%25'],
    ['тема', '%D1%82%D0%B5%D0%BC%D0%B0'],
  ])('publishes to the topic %j [C4]', async (topic, path) => {
    expect((await published(1, topic)).url).toBe(`/v1.0/publish/mem/${path}`);
  });

  it('tells the component what metadata says', async () => {
    await sidecar.play('publish with an own metadata key to mem', () =>
      client.pubsub.publish(
        'mem',
        'ct',
        { a: 1 },
        {
          metadata: { foo: 'bar', Foo2: 'Bar2' },
        },
      ),
    );
  });

  it('resolves a success with an object that has no error', async () => {
    sidecar.answerWith('publish text/plain to pubsub.in-memory');
    const { error } = await client.pubsub.publish('mem', 'ct', 'x');
    expect(error).toBeUndefined();
  });

  it('rejects for an unknown component [C3]', async () => {
    sidecar.answerWith('publish: unknown pubsub component');
    const failed = client.pubsub.publish('nope', 't', 'x');
    await expect(failed).rejects.toThrow(DaprNotFoundError);
    await expect(failed).rejects.toThrow(
      /^pubsub\.publish "nope" topic "t" failed: pubsub nope is not found \(ERR_PUBSUB_NOT_FOUND, status 404\)\. Check the name/,
    );
  });

  it('rejects for a topic that the scopes deny [C3]', async () => {
    sidecar.answerWith('publish: topic outside publishingScopes');
    const failed = client.pubsub.publish('red2', 'b', 'x');
    await expect(failed).rejects.toThrow(DaprPermissionError);
    await expect(failed).rejects.toMatchObject({
      status: 403,
      errorCode: 'ERR_PUBSUB_FORBIDDEN',
      details: [{ resource_name: 'red2' }, { reason: 'DAPR_PUBSUB_FORBIDDEN' }],
    });
  });

  it('rejects for metadata that Dapr does not take [C3]', async () => {
    const failed = sidecar.play('publish with rawPayload=maybe to mem', () =>
      client.pubsub.publish(
        'mem',
        'ct',
        {},
        {
          metadata: { rawPayload: 'maybe' },
        },
      ),
    );
    await expect(failed).rejects.toThrow(DaprBadRequestError);
  });
});
