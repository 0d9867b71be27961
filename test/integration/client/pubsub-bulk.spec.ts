import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprError } from '../../../lib/errors/dapr.error.js';
import { DaprNotFoundError } from '../../../lib/errors/dapr-not-found.error.js';
import {
  startRecordedSidecar,
  type RecordedSidecar,
} from './recorded-sidecar.js';
import { startServer } from './server.js';

const FOUR = 'bulk publish to mem: four entries of different content types';

describe('client.pubsub.publishBulk', () => {
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

  /** What arrives at the sidecar. */
  async function sent(...messages: readonly (object | string)[]) {
    sidecar.answerWith(FOUR);
    const result = await client.pubsub.publishBulk('mem', 'ct', messages);
    expect(result).toEqual({ failedMessages: [] });
    const { body } = sidecar.requests.at(-1)!;
    return JSON.parse(body.toString()) as Record<string, unknown>[];
  }

  it('sends what daprd took from another client, and metadata with every entry', async () => {
    sidecar.answerWith(FOUR);
    await client.pubsub.publishBulk(
      'mem',
      'ct',
      [
        { entryID: '1', event: { a: 1 }, metadata: { m1: 'x' } },
        { entryID: '2', event: 'text' },
        { entryID: '3', event: Buffer.from('fffe', 'hex') },
        {
          entryID: '4',
          event: {
            specversion: '1.0',
            id: 'bp4',
            source: 's',
            type: 't',
            data: 1,
          },
          contentType: 'application/cloudevents+json',
        },
      ],
      { reqm: 'rv' },
    );
    const { url, body, headers } = sidecar.requests.at(-1)!;
    expect(url).toBe('/v1.0/publish/bulk/mem/ct?metadata.reqm=rv');
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body.toString())).toEqual([
      {
        entryId: '1',
        event: { a: 1 },
        contentType: 'application/json',
        metadata: { reqm: 'rv', m1: 'x' },
      },
      {
        entryId: '2',
        event: 'text',
        contentType: 'text/plain',
        metadata: { reqm: 'rv' },
      },
      {
        entryId: '3',
        event: '//4=',
        contentType: 'application/octet-stream',
        metadata: { reqm: 'rv' },
      },
      {
        entryId: '4',
        event: {
          specversion: '1.0',
          id: 'bp4',
          source: 's',
          type: 't',
          data: 1,
        },
        contentType: 'application/cloudevents+json',
        metadata: { reqm: 'rv' },
      },
    ]);
  });

  it('takes messages as they are and names each [C1] [C2]', async () => {
    const bytes = Uint8Array.from({ length: 8 }, (_, index) => index);
    const entries = await sent(
      'text',
      { placed: new Date(0), lines: new Map([['book', 2]]) },
      bytes.subarray(2, 4),
      { event: 'clicked', page: '/' },
    );
    expect(entries.map(({ event }) => event)).toEqual([
      'text',
      { placed: '1970-01-01T00:00:00.000Z', lines: { book: 2 } },
      'AgM=',
      { event: 'clicked', page: '/' },
    ]);
    const ids = entries.map(({ entryId }) => entryId);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each<[unknown, string, unknown]>([
    [0, 'application/json', 0],
    [false, 'application/json', false],
    [null, 'application/json', null],
    ['', 'text/plain', ''],
  ])('publishes %j as it is [C5]', async (event, contentType, wire) => {
    const [entry] = await sent({ event });
    expect(entry).toMatchObject({ event: wire, contentType });
  });

  it('goes by the content type as publish does', async () => {
    const entries = await sent(
      { event: 'text', contentType: 'application/json' },
      { event: '{"id":"1"}', contentType: 'application/cloudevents+json' },
      { event: 'text', contentType: 'application/octet-stream' },
      { event: Buffer.from('[1]'), contentType: 'application/json' },
    );
    expect(entries.map(({ event }) => event)).toEqual([
      'text',
      { id: '1' },
      'dGV4dA==',
      [1],
    ]);
  });

  it('sends an empty list too', async () => {
    await sidecar.play('bulk publish to mem: empty array', () =>
      client.pubsub.publishBulk('mem', 'bkp', []),
    );
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a BigInt', 1n],
  ])('rejects %s before it calls [C3]', async (_what, event) => {
    const before = sidecar.requests.length;
    const failed = client.pubsub.publishBulk('mem', 'ct', [{ event }]);
    await expect(failed).rejects.toThrow(DaprBadRequestError);
    await expect(failed).rejects.toThrow(/^pubsub\.publishBulk "mem" topic/);
    expect(sidecar.requests).toHaveLength(before);
  });

  it('rejects where daprd took none of the messages [C3]', async () => {
    const twice = sidecar.play('bulk publish to mem: duplicate entryId', () =>
      client.pubsub.publishBulk('mem', 'bkp', [
        { entryID: 'a', event: 1 },
        { entryID: 'a', event: 1 },
      ]),
    );
    await expect(twice).rejects.toMatchObject({
      status: 400,
      errorCode: 'ERR_PUBSUB_EVENTS_SER',
    });
    const vendor = sidecar.play(
      'bulk publish to mem: vendor json content type',
      () =>
        client.pubsub.publishBulk('mem', 'bkp', [
          {
            entryID: 'a',
            event: { x: 1 },
            contentType: 'application/vnd.x+json',
          },
        ]),
    );
    await expect(vendor).rejects.toThrow(DaprBadRequestError);
    const unknown = sidecar.play('bulk publish to mem: unknown pubsub', () =>
      client.pubsub.publishBulk('nope', 't', [{ entryID: 'a', event: 1 }]),
    );
    await expect(unknown).rejects.toThrow(DaprNotFoundError);
  });

  it('names the messages that the component did not take [C3]', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(
        '{"failedEntries":[{"entryId":"b","error":"full"}],"errorCode":"ERR_PUBSUB_PUBLISH_MESSAGE"}',
      );
    });
    const other = new DaprClient({ httpEndpoint: server.url });
    try {
      const { failedMessages } = await other.pubsub.publishBulk('mem', 'ct', [
        { entryID: 'a', event: 1 },
        { entryID: 'b', event: 2 },
      ]);
      expect(failedMessages.map(({ message }) => message)).toEqual([
        { entryID: 'b', event: 2 },
      ]);
      const error = failedMessages[0]?.error;
      expect(error).toBeInstanceOf(DaprError);
      expect(error).toMatchObject({
        status: 500,
        errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE',
        message: expect.stringContaining('entry "b" failed: full'),
      });
    } finally {
      await other.stop();
      await server.close();
    }
  });

  it.each(['[]', '[null]', '[{"entryId":"unknown","error":"full"}]', 'null'])(
    'rejects a failure that names no message but %s [C3]',
    async (failed) => {
      const server = await startServer((_, response) => {
        response.writeHead(500);
        response.end(
          `{"failedEntries":${failed},"errorCode":"ERR_PUBSUB_PUBLISH_MESSAGE"}`,
        );
      });
      const other = new DaprClient({ httpEndpoint: server.url });
      try {
        await expect(
          other.pubsub.publishBulk('mem', 'ct', ['x']),
        ).rejects.toMatchObject({ errorCode: 'ERR_PUBSUB_PUBLISH_MESSAGE' });
      } finally {
        await other.stop();
        await server.close();
      }
    },
  );
});
