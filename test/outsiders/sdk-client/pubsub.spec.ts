import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { beforeEach, expect, it } from '@jest/globals';
import { PubSubContext, Subscribe } from '../../../lib/index.js';
import { runNest } from '../../support/nest-run.js';
import { until } from '../../support/until.js';
import { describeSdk, failureOf } from './sdk-client.js';

interface Message {
  readonly payload: unknown;
  readonly contentType: string | undefined;
  readonly id: string | undefined;
}

const received: Message[] = [];

@Controller()
class Orders {
  @Subscribe('pubsub', 'orders', { deadLetterTopic: 'dead' })
  onOrder(@Payload() payload: unknown, @Ctx() { event }: PubSubContext): void {
    const { datacontenttype: contentType, id } = event;
    received.push({ payload, contentType, id });
  }
}

async function arrived(count: number): Promise<readonly Message[]> {
  await until(() => received.length >= count);
  return received;
}

describeSdk(
  'publishing',
  () =>
    runNest({
      adapter: new ExpressAdapter(),
      appId: 'shop',
      controllers: [Orders],
    }),
  (run) => {
    beforeEach(() => {
      received.length = 0;
    });

    it.each<[string, object | string, string]>([
      ['an object', { sku: 'book' }, 'application/json'],
      ['a list', [1, 'two'], 'application/json'],
      ['text', 'grüße', 'text/plain'],
      ['bytes', Buffer.from([0xff, 0, 0x80]), 'application/octet-stream'],
    ])('gets %s to a handler', async (_what, payload, contentType) => {
      const { pubsub } = run.client;
      expect(await pubsub.publish('pubsub', 'orders', payload)).toEqual({});
      expect(await arrived(1)).toMatchObject([{ payload, contentType }]);
    });

    it('takes a content type and metadata', async () => {
      await run.client.pubsub.publish('pubsub', 'orders', '<a/>', {
        contentType: 'application/xml',
        metadata: { 'cloudevent.id': 'own' },
      });
      expect(await arrived(1)).toEqual([
        { payload: '<a/>', contentType: 'application/xml', id: 'own' },
      ]);
    });

    it('gets an event of its own making to a handler as it is', async () => {
      await run.client.pubsub.publish('pubsub', 'orders', {
        specversion: '1.0',
        id: 'e-7',
        source: 'elsewhere',
        type: 'order.placed',
        datacontenttype: 'application/json',
        data: { sku: 'pen' },
      });
      expect(await arrived(1)).toEqual([
        { payload: { sku: 'pen' }, contentType: 'application/json', id: 'e-7' },
      ]);
    });

    it('publishes several messages at once', async () => {
      const { pubsub } = run.client;
      const messages = [
        { sku: 'book' },
        'text',
        { entryID: 'mine', event: { sku: 'pen' } },
      ];
      expect(await pubsub.publishBulk('pubsub', 'orders', messages)).toEqual({
        failedMessages: [],
      });
      const payloads = (await arrived(3)).map(({ payload }) => payload);
      expect(payloads).toHaveLength(3);
      expect(payloads).toEqual(
        expect.arrayContaining([{ sku: 'book' }, 'text', { sku: 'pen' }]),
      );
    });

    it("tells what Dapr says of a component that isn't there", async () => {
      const { pubsub } = run.client;
      expect(
        await failureOf(pubsub.publish('nowhere', 'orders', 'x')),
      ).toMatchObject({
        ...(run.protocol === 'HTTP'
          ? { status: 404, errorCode: 'ERR_PUBSUB_NOT_FOUND' }
          : { code: 3 }),
        message: 'pubsub nowhere is not found',
      });
      const { failedMessages } = await pubsub.publishBulk('nowhere', 'orders', [
        'a',
        { entryID: 'mine', event: 'b' },
      ]);
      expect(failedMessages.map(({ message }) => message)).toMatchObject([
        { event: 'a', entryID: expect.any(String) },
        { event: 'b', entryID: 'mine' },
      ]);
      for (const { error } of failedMessages)
        expect(error.message).toContain('pubsub nowhere is not found');
    });
  },
);
