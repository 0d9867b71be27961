import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { HttpMethod, type DaprClient } from '@dapr/dapr';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { DaprModule, PubSubContext, Subscribe } from '../../lib/index.js';
import { EmbeddedSidecar } from '../../lib/testing/index.js';
import { CapturedLog } from '../support/captured-log.js';
import { officialClient } from './official-sdk.js';

const received: { payload: unknown; contentType: string | undefined }[] = [];

@Controller()
class Orders {
  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'dead' })
  onOrder(@Payload() payload: unknown, @Ctx() { event }: PubSubContext): void {
    received.push({ payload, contentType: event.datacontenttype });
  }
}

@Controller('prices')
class Prices {
  @Get(':sku')
  of(@Param('sku') sku: string, @Query('currency') currency: string): object {
    if (sku === 'unknown') throw new NotFoundException('no such thing');
    return { sku, currency };
  }

  @Post()
  @HttpCode(201)
  set(@Body() body: { sku: string; price: number }): object {
    return { set: body };
  }

  @Delete(':sku')
  remove(@Param('sku') sku: string): string {
    return `${sku} is gone`;
  }
}

describe("the official SDK's client on the embedded sidecar", () => {
  let dapr: EmbeddedSidecar;
  let client: DaprClient;

  beforeAll(async () => {
    dapr = await EmbeddedSidecar.start({ appId: 'shop' });
    await dapr.run(
      Test.createTestingModule({
        imports: [DaprModule.forRoot()],
        controllers: [Orders, Prices],
      }).setLogger(new CapturedLog()),
    );
    client = officialClient(dapr);
  });
  afterAll(async () => {
    await client.stop();
    await dapr.close();
  });
  beforeEach(() => {
    received.length = 0;
  });

  it('finds it healthy and reads what it is', async () => {
    expect(await client.health.isHealthy()).toBe(true);
    const metadata = await client.metadata.get();
    expect(metadata.id).toBe('shop');
    expect(metadata.components.map(({ name }) => name)).toEqual([
      'pubsub',
      'statestore',
    ]);
    expect(await client.metadata.set('round', 'first')).toBe(true);
    expect((await client.metadata.get()).extended).toMatchObject({
      round: 'first',
    });
  });

  it.each<[string, object | string, unknown, string]>([
    ['an object', { sku: 'book' }, { sku: 'book' }, 'application/json'],
    ['an array', [1, 'two'], [1, 'two'], 'application/json'],
    ['text', 'hello', 'hello', 'text/plain'],
    [
      'bytes',
      Buffer.from([0xff, 0, 0x80]),
      expect.any(Buffer),
      'application/octet-stream',
    ],
  ])('publishes %s to a handler', async (_what, sent, payload, contentType) => {
    expect(await client.pubsub.publish('pubsub', 'orders', sent)).toEqual({});
    await dapr.idle();
    expect(received).toEqual([{ payload, contentType }]);
    if (Buffer.isBuffer(sent)) expect(received[0]?.payload).toEqual(sent);
  });

  it('publishes an event of its own making as it is', async () => {
    const event = {
      specversion: '1.0',
      id: 'e-7',
      source: 'elsewhere',
      type: 'order.placed',
      datacontenttype: 'application/json',
      data: { sku: 'pen' },
    };
    await client.pubsub.publish('pubsub', 'orders', event);
    await dapr.idle();
    expect(received).toEqual([
      { payload: { sku: 'pen' }, contentType: 'application/json' },
    ]);
    expect(dapr.transcript.of('topic').at(-1)?.eventId).toBe('e-7');
  });

  it("reads of a publish that is refused what Dapr's sidecar would have said", async () => {
    const { error } = await client.pubsub.publish('nowhere', 'orders', 'x');
    expect(refusal(error)).toMatchObject({
      status: 404,
      errorCode: 'ERR_PUBSUB_NOT_FOUND',
    });
  });

  it('saves, reads, reads in bulk and deletes state', async () => {
    const { state } = client;
    expect(
      await state.save('statestore', [
        { key: 'a', value: { sku: 'book' } },
        { key: 'b', value: 'text' },
        { key: 'c', value: 0 },
      ]),
    ).toEqual({});
    expect(await state.get('statestore', 'a')).toEqual({ sku: 'book' });
    expect(await state.get('statestore', 'b')).toBe('text');
    expect(await state.get('statestore', 'c')).toBe(0);
    const bulk = await state.getBulk('statestore', ['a', 'c', 'none']);
    expect(bulk).toEqual([
      { key: 'a', data: { sku: 'book' }, etag: expect.any(String) },
      { key: 'c', data: 0, etag: expect.any(String) },
      { key: 'none' },
    ]);
    expect(await state.delete('statestore', 'a')).toEqual({});
    // It makes an empty string of a 204.
    expect(await state.get('statestore', 'a')).toBe('');
  });

  it('is told when its etag is stale', async () => {
    const { state } = client;
    await state.save('statestore', [{ key: 'etag', value: 1 }]);
    const stale = { key: 'etag', value: 2, etag: '77' };
    const { error } = await state.save('statestore', [stale]);
    expect(refusal(error)).toMatchObject({ status: 409 });
    expect(await state.get('statestore', 'etag')).toBe(1);
  });

  it('changes several keys in one transaction, or none', async () => {
    const { state } = client;
    await state.save('statestore', [{ key: 'old', value: 1 }]);
    await state.transaction('statestore', [
      { operation: 'upsert', request: { key: 'new', value: { n: 2 } } },
      { operation: 'delete', request: { key: 'old' } },
    ]);
    expect(await state.get('statestore', 'new')).toEqual({ n: 2 });
    expect(await state.get('statestore', 'old')).toBe('');
    // The SDK's type has an object here and sends it as it is, which Dapr refuses: it takes text.
    const etag = '77' as unknown as { value: string };
    await expect(
      state.transaction('statestore', [
        { operation: 'upsert', request: { key: 'new', value: 3 } },
        { operation: 'upsert', request: { key: 'other', value: 3, etag } },
      ]),
    ).rejects.toThrow('ERR_STATE_TRANSACTION');
    expect(await state.get('statestore', 'new')).toEqual({ n: 2 });
  });

  it('invokes ordinary routes of an app by its id', async () => {
    const { invoker } = client;
    expect(
      await invoker.invoke('shop', 'prices/book?currency=EUR', HttpMethod.GET),
    ).toEqual({ sku: 'book', currency: 'EUR' });
    const price = { sku: 'book', price: 12 };
    expect(
      await invoker.invoke('shop', 'prices', HttpMethod.POST, price),
    ).toEqual({ set: price });
    expect(await invoker.invoke('shop', 'prices/pen', HttpMethod.DELETE)).toBe(
      'pen is gone',
    );
  });

  it('gets the status and body of a route that refuses', async () => {
    const error = await client.invoker
      .invoke('shop', 'prices/unknown', HttpMethod.GET)
      .catch((reason: unknown) => reason);
    expect(refusal(error)).toMatchObject({
      status: 404,
      message: 'no such thing',
    });
  });

  it('is told of an app that is not there', async () => {
    const error = await client.invoker
      .invoke('nobody', 'prices/book', HttpMethod.GET)
      .catch((reason: unknown) => reason);
    expect(refusal(error)).toMatchObject({
      status: 500,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
  });
});

/** The SDK puts status and body of an answer into the message of an error, as JSON. */
function refusal(error: unknown): object {
  const { status, error_msg } = JSON.parse((error as Error).message) as {
    status: number;
    error_msg: string;
  };
  return { ...(JSON.parse(error_msg) as object), status };
}
