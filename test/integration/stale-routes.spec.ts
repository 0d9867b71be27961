import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  Actor,
  ActorType,
  DaprClient,
  InputBinding,
  Invocable,
  PubSubContext,
  Subscribe,
} from '../../lib/index.js';
import { subscriptionsOf } from '../support/delivery.js';
import { startNestApp, type NestApp } from '../support/nest-app.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const DEAD = { deadLetterTopic: 'dead' };

const ran: string[] = [];

@Controller()
class Before {
  @Subscribe('pubsub', 'kept', DEAD)
  @Subscribe('pubsub', 'removed', DEAD)
  @Subscribe('pubsub', 'ruled', DEAD)
  @Subscribe('pubsub', 'moved', { deadLetterTopic: 'elsewhere' })
  handle(): void {
    ran.push('by a handler of the earlier run');
  }

  @Subscribe('pubsub', 'dead')
  onDead(): void {}

  @InputBinding('inbox')
  onMail(): void {}

  @Invocable('method')
  method(): void {}
}

@ActorType('Removed')
class RemovedActor extends Actor {
  async run(): Promise<void> {}
}

@Controller()
class After {
  @Subscribe('pubsub', 'kept', DEAD)
  @Subscribe('pubsub', 'added', DEAD)
  @Subscribe('pubsub', 'ruled', DEAD)
  @Subscribe('pubsub', 'moved', DEAD)
  onMessage(@Payload() payload: unknown, @Ctx() context: PubSubContext): void {
    ran.push(`${context.topic} ${String(payload)}`);
  }

  @Subscribe('pubsub', 'ruled', { match: 'event.data == "now"' })
  onNow(@Payload() payload: unknown): void {
    ran.push(`rule ${String(payload)}`);
  }

  @Subscribe('pubsub', 'dead')
  onDead(@Payload() payload: unknown, @Ctx() context: PubSubContext): void {
    ran.push(`dead ${String(payload)} of ${context.event.topic}`);
  }
}

@ActorType('Added')
class AddedActor extends Actor {
  async run(): Promise<void> {}
}

describe.each(platforms)(
  'an app on %s that starts again with other handlers, behind a sidecar that does not',
  (_platform, adapter) => {
    let earlier: NestRun;
    let now: NestApp;
    let oldPaths: readonly string[];

    beforeAll(async () => {
      earlier = await runNest({
        adapter: adapter(),
        controllers: [Before],
        providers: [RemovedActor],
      });
      oldPaths = (await subscriptionsOf(earlier)).map(({ route }) => route!);
      await earlier.app.close();
      now = await startNestApp({
        adapter: adapter(),
        port: Number(new URL(earlier.url).port),
        controllers: [After],
        providers: [AddedActor],
        dapr: { httpEndpoint: earlier.sidecar.url },
      });
    });
    afterAll(async () => {
      await now?.close();
      await earlier.sidecar.stop();
    });
    beforeEach(() => {
      ran.length = 0;
    });

    const client = (): DaprClient => now.app.get(DaprClient);
    const publish = (topic: string, data: string) =>
      client().pubsub.publish('pubsub', topic, data);

    it('says at start, in one line, what the sidecar has got wrong [H18]', async () => {
      const lines = () => now.log.of('warn', 'restart the sidecar');
      await until(() => lines().length > 0);
      const [line] = lines();
      expect(line).toContain('does not know of topic "added" of "pubsub"');
      expect(line).toContain('still delivers topic "removed" of "pubsub"');
      expect(line).toContain('knows topic "ruled" of "pubsub" otherwise');
      expect(line).toContain('knows topic "moved" of "pubsub" otherwise');
      expect(line).toContain('does not know of actor type "Added"');
      expect(line).toContain('still calls actor type "Removed"');
      expect(line).not.toContain('kept');
      expect(line).not.toContain('"dead"');
      expect(lines()).toHaveLength(1);
    });

    it('takes what it still handles', async () => {
      await publish('kept', 'a');
      await until(() => ran.length > 0);
      expect(ran).toEqual(['kept a']);
    });

    it('does not acknowledge a message of a topic that it no longer handles [H3] [H18]', async () => {
      await publish('removed', 'secret');
      await until(() => ran.length > 0);
      expect(ran).toEqual(['dead secret of removed']);
      const [line] = now.log.of('warn', 'Answered 500 to POST /dapr/sub/');
      expect(line).toContain('restart the sidecar');
      expect(now.log.all()).not.toContain('secret');
    });

    it('does not take a message by rules of its earlier run [H3] [H18]', async () => {
      await publish('ruled', 'now');
      await until(() => ran.length > 0);
      expect(ran).toEqual(['dead now of ruled']);
    });

    it('answers 500 with the remedy where it has no such route any more, never 404 [H18]', async () => {
      const kept = await now.routeOf('kept');
      const stale = oldPaths.filter((path) => path !== kept);
      const answers = await Promise.all(
        stale.map((path) => now.call('POST', path, { specversion: '1.0' })),
      );
      const gone = answers.filter(({ status }) => status === 500);
      expect(gone).toHaveLength(2);
      for (const { text } of gone)
        expect(text).toContain('restart the sidecar');
      expect(answers.map(({ status }) => status)).not.toContain(404);
    });

    it('acknowledges no event of a binding and no call of a method that it no longer has [H3]', async () => {
      expect((await now.call('OPTIONS', '/inbox')).status).toBe(404);
      expect((await now.call('POST', '/inbox', {})).status).toBe(404);
      await expect(
        client().invoker.invoke('app', 'method', 'POST', {}),
      ).rejects.toMatchObject({ status: 404 });
    });

    it('has no job of any name [H18]', async () => {
      const { status, text } = await now.call('POST', '/job/nightly', {});
      expect(status).toBe(500);
      expect(text).toContain('client.jobs.delete()');
    });
  },
);
