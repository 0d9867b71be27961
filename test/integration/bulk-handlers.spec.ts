import { Controller, UseGuards, ValidationPipe } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { IsInt } from 'class-validator';
import { of } from 'rxjs';
import {
  BulkEntry,
  BulkPubSubContext,
  BulkSubscribe,
  DropMessageException,
  PubSubContext,
  Subscribe,
  TopicEventStatus,
} from '../../lib/index.js';
import { deliver, subscriptionsOf } from '../support/delivery.js';
import { cloudEvent } from '../support/nest-app.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

class Click {
  @IsInt()
  x!: number;
}

class NotNine implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToRpc().getData<Click>().x !== 9;
  }
}

const clicks: { readonly x: number; readonly context: PubSubContext }[] = [];
const raw: unknown[] = [];
const dead: unknown[] = [];
const batches: {
  readonly entries: readonly BulkEntry[];
  readonly context: BulkPubSubContext;
}[] = [];
let onClick: (x: number) => unknown = () => undefined;
let onBatch: (entries: readonly BulkEntry[]) => unknown = () => undefined;

@Controller()
class Handlers {
  @Subscribe('pubsub', 'clicks', {
    deadLetterTopic: 'dead',
    bulk: { maxMessagesCount: 10, maxAwaitDuration: { milliseconds: 50.5 } },
  })
  @UseGuards(NotNine)
  click(
    @Payload(new ValidationPipe({ transform: true })) { x }: Click,
    @Ctx() context: PubSubContext,
  ): unknown {
    clicks.push({ x, context });
    return onClick(x);
  }

  @Subscribe('pubsub', 'raw', { rawPayload: true, bulk: true })
  raw(@Payload() payload: unknown): void {
    raw.push(payload);
  }

  @Subscribe('pubsub', 'ruled', {
    match: 'event.type == "never"',
    bulk: true,
  })
  ruled(): void {}

  @Subscribe('pubsub', 'dead')
  dead(@Payload() payload: unknown): void {
    dead.push(payload);
  }

  @BulkSubscribe('pubsub', 'views', {
    maxMessagesCount: 10,
    maxAwaitDuration: '50ms',
    deadLetterTopic: 'dead',
  })
  views(
    @Payload() entries: BulkEntry[],
    @Ctx() context: BulkPubSubContext,
  ): unknown {
    batches.push({ entries, context });
    return onBatch(entries);
  }
}

/** A batch as daprd sends it; the ids of the entries are 1, 2, … */
function batch(...data: readonly unknown[]): { readonly entries: object[] } {
  return {
    entries: data.map((each, index) => ({
      entryId: `${index + 1}`,
      event: cloudEvent(each, `e-${index + 1}`),
      metadata: { Partition: `p${index + 1}` },
      contentType: 'application/cloudevents+json',
    })),
  };
}

describe.each(platforms)('batches on %s', (_platform, adapter) => {
  let nest: NestRun;

  beforeAll(async () => {
    nest = await runNest({ adapter: adapter(), controllers: [Handlers] });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    clicks.length = 0;
    raw.length = 0;
    dead.length = 0;
    batches.length = 0;
    onClick = () => undefined;
    onBatch = () => undefined;
    nest.log.lines.length = 0;
  });

  /** The statuses that the app answers, by entry. */
  const statusesOf = async (
    topic: string,
    body: unknown,
  ): Promise<Record<string, string>> => {
    const answer = await deliver(nest, topic, body);
    expect(answer.status).toBe(200);
    const { statuses } = answer.json as {
      statuses: { entryId: string; status: string }[];
    };
    return Object.fromEntries(
      statuses.map(({ entryId, status }) => [entryId, status]),
    );
  };

  it('are asked of Dapr as the handlers say', async () => {
    const asked = Object.fromEntries(
      (await subscriptionsOf(nest)).map((entry) => [
        entry.topic,
        entry.bulkSubscribe,
      ]),
    );
    expect(asked).toEqual({
      dead: undefined,
      clicks: { enabled: true, maxMessagesCount: 10, maxAwaitDurationMs: 51 },
      raw: { enabled: true },
      ruled: { enabled: true },
      views: { enabled: true, maxMessagesCount: 10, maxAwaitDurationMs: 50 },
    });
  });

  describe('message by message', () => {
    it('go through the whole pipeline, and each has its own outcome [H7]', async () => {
      onClick = (x) => {
        if (x === 2) throw new Error('boom');
        if (x === 3) throw new DropMessageException('no');
        return x === 4 ? 'RETRY' : { status: 'DROP' };
      };
      const body = batch({ x: 1 }, { x: 2 }, { x: 3 }, { x: 4 }, {}, { x: 9 });
      expect(await statusesOf('clicks', body)).toEqual({
        1: 'SUCCESS',
        2: 'RETRY',
        3: 'DROP',
        4: 'RETRY',
        5: 'DROP',
        6: 'DROP',
      });
      expect(clicks.map(({ x }) => x).sort()).toEqual([1, 2, 3, 4]);
      expect(nest.log.of('error', 'failed on message e-2')).toHaveLength(1);
      expect(nest.log.of('warn', 'Handlers.click refused')).toHaveLength(3);
    });

    it('run at once [H7]', async () => {
      let release = (): void => undefined;
      const both = new Promise<void>((resolve) => (release = resolve));
      onClick = (x) => {
        if (x === 2) release();
        return both;
      };
      expect(await statusesOf('clicks', batch({ x: 1 }, { x: 2 }))).toEqual({
        1: 'SUCCESS',
        2: 'SUCCESS',
      });
    });

    it('have a context each, with the metadata and trace of the message', async () => {
      const body = batch({ x: 1 }, { x: 2 });
      Object.assign((body.entries[1] as { event: object }).event, {
        traceparent: TRACE,
      });
      await statusesOf('clicks', body);
      const [one, two] = clicks.map(({ context }) => context);
      expect(one).toBeInstanceOf(PubSubContext);
      expect(one).toMatchObject({
        pubsubName: 'pubsub',
        topic: 'clicks',
        id: 'e-1',
        traceparent: undefined,
        headers: { partition: 'p1', 'content-type': expect.anything() },
      });
      expect(one?.signal.aborted).toBe(false);
      expect(two?.traceparent).toBe(TRACE);
      expect(two?.headers).toMatchObject({ partition: 'p2' });
    });

    it('do not suffer from one that can not be read [H7]', async () => {
      const body = batch({ x: 1 }, { x: 2 });
      Object.assign(body.entries[0] as object, { event: 'secret oops' });
      expect(await statusesOf('clicks', body)).toEqual({
        1: 'DROP',
        2: 'SUCCESS',
      });
      expect(nest.log.of('warn', 'Entry 1 of topic "clicks"')).toHaveLength(1);
      expect(nest.log.all()).not.toContain('secret');
    });

    it('give raw messages as their bytes [H7]', async () => {
      const event = Buffer.from('rawtext').toString('base64');
      const contentType = 'application/octet-stream';
      const entries = [{ entryId: '1', event, contentType }];
      expect(await statusesOf('raw', { entries })).toEqual({ 1: 'SUCCESS' });
      expect(raw).toEqual([Buffer.from('rawtext')]);
    });

    it('that no rule matches are dropped [H17]', async () => {
      expect(await statusesOf('ruled', batch(1))).toEqual({ 1: 'DROP' });
      expect(nest.log.of('warn', 'Message e-1')).toHaveLength(1);
    });

    it('are refused where they are none', async () => {
      const { status } = await deliver(nest, 'clicks', cloudEvent({ x: 1 }));
      expect(status).toBe(400);
      expect(clicks).toEqual([]);
    });
  });

  describe('as a whole', () => {
    it('reach the handler as entries with their events [H7]', async () => {
      const body = batch('one', { two: 2 });
      expect(await statusesOf('views', body)).toEqual({
        1: 'SUCCESS',
        2: 'SUCCESS',
      });
      expect(batches).toHaveLength(1);
      const [{ entries, context }] = batches as [(typeof batches)[number]];
      expect(entries.every((entry) => entry instanceof BulkEntry)).toBe(true);
      expect(entries.map(({ data }) => data)).toEqual(['one', { two: 2 }]);
      expect(entries[1]).toMatchObject({
        entryId: '2',
        event: { id: 'e-2' },
        metadata: { Partition: 'p2' },
      });
      expect(context).toBeInstanceOf(BulkPubSubContext);
      expect(context).toMatchObject({ pubsubName: 'pubsub', topic: 'views' });
    });

    it('are answered with the statuses that the handler tells, else SUCCESS [H7]', async () => {
      onBatch = () =>
        new Map<string, TopicEventStatus>([
          ['1', 'RETRY'],
          ['2', 'DROP'],
        ]);
      expect(await statusesOf('views', batch(1, 2, 3))).toEqual({
        1: 'RETRY',
        2: 'DROP',
        3: 'SUCCESS',
      });
      expect(nest.log.of('warn', 'Handlers.views said')).toHaveLength(2);
    });

    it.each<[string, () => unknown, string]>([
      ['nothing', () => undefined, 'SUCCESS'],
      ['something else', () => ({ statuses: [] }), 'SUCCESS'],
      ['an empty Map', () => new Map(), 'SUCCESS'],
      ['a Map in an Observable', () => of(new Map([['1', 'DROP']])), 'DROP'],
      ['the word DROP', () => 'DROP', 'DROP'],
      ['a status that is none', () => new Map([['1', 'success']]), 'RETRY'],
      ['the id of an event', () => new Map([['e-1', 'DROP']]), 'RETRY'],
      ['an error', () => Promise.reject(new Error('boom')), 'RETRY'],
      [
        'a refusal',
        () => Promise.reject(new DropMessageException('no')),
        'DROP',
      ],
    ])(
      'whose handler gives %s are answered for every entry [H5] [H7]',
      async (_what, result, status) => {
        onBatch = result;
        expect(await statusesOf('views', batch(1))).toEqual({ 1: status });
        expect(nest.log.of('error', 'Handlers.views failed')).toHaveLength(
          status === 'RETRY' ? 1 : 0,
        );
      },
    );

    it('come without the entries that can not be read, if any are left [H7]', async () => {
      const body = batch(1, 2);
      Object.assign(body.entries[0] as object, { event: null });
      expect(await statusesOf('views', body)).toEqual({
        1: 'DROP',
        2: 'SUCCESS',
      });
      expect(batches.map(({ entries }) => entries.length)).toEqual([1]);
      body.entries.pop();
      expect(await statusesOf('views', body)).toEqual({ 1: 'DROP' });
      expect(batches).toHaveLength(1);
    });
  });

  describe('through the sidecar', () => {
    it('arrive message by message from a bulk publish [H7]', async () => {
      await nest.client.pubsub.publishBulk('pubsub', 'clicks', [
        { x: 1 },
        { event: { x: 2 }, metadata: { 'cloudevent.type': 'click' } },
      ]);
      await until(() => clicks.length === 2);
      expect(clicks.map(({ x }) => x).sort()).toEqual([1, 2]);
    });

    it('arrive as a whole, and fail by entry [H7]', async () => {
      onBatch = (entries) =>
        new Map(
          entries.map(({ entryId, data }) => [
            entryId,
            data === 'bad' ? 'DROP' : 'SUCCESS',
          ]),
        );
      const bytes = Buffer.from('fffe', 'hex');
      await nest.client.pubsub.publishBulk('pubsub', 'views', [
        'bad',
        bytes,
        { entryID: '1', event: 0 },
      ]);
      const data = (): unknown[] =>
        batches.flatMap(({ entries }) => entries.map((each) => each.data));
      await until(() => data().length === 3);
      expect(data()).toEqual(expect.arrayContaining(['bad', bytes, 0]));
      await until(() => dead.length === 1);
      expect(dead).toEqual(['bad']);
    });
  });
});
