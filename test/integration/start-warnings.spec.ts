import {
  Controller,
  Injectable,
  ValidationPipe,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Subscribe, type DaprModuleOptions } from '../../lib/index.js';
import {
  startNestApp,
  type NestApp,
  type NestAppOptions,
} from '../support/nest-app.js';

@Controller()
class Orders {
  @Subscribe('pubsub', 'orders')
  onOrder(): void {}

  @Subscribe('pubsub', 'refunds', { deadLetterTopic: 'dead' })
  onRefund(): void {}

  @Subscribe('pubsub', 'dead')
  onDead(): void {}
}

@Controller()
class Nothing {}

@Injectable()
class Guard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

describe('at start, an app is told in one line', () => {
  let nest: NestApp | undefined;
  const mode = process.env['NODE_ENV'];

  afterEach(async () => {
    await nest?.close();
    nest = undefined;
    process.env['NODE_ENV'] = mode;
  });

  const warningsOf = async (
    controller: Type,
    dapr: DaprModuleOptions = {},
    more: Partial<NestAppOptions> = {},
  ): Promise<string[]> => {
    nest = await startNestApp({
      adapter: new ExpressAdapter(),
      controllers: [controller],
      dapr,
      ...more,
    });
    return nest.log.of('warn');
  };

  it('which topics lose what their handlers refuse', async () => {
    const [line, ...others] = await warningsOf(Orders);
    expect(line).toContain('No dead letter topic: "orders" of "pubsub".');
    expect(line).toContain('subscriptions.deadLetterTopic');
    expect(others).toEqual([]);
  });

  it('nothing of that where all have a dead letter topic', async () => {
    const subscriptions = { deadLetterTopic: 'dead' };
    expect(await warningsOf(Orders, { subscriptions })).toEqual([]);
  });

  it('that in production a token is missing', async () => {
    process.env['NODE_ENV'] = 'production';
    const [line, ...others] = await warningsOf(Nothing);
    expect(line).toContain('APP_API_TOKEN');
    expect(others).toEqual([]);
  });

  it('nothing of that where there is one', async () => {
    process.env['NODE_ENV'] = 'production';
    const server = { appToken: 'secret' };
    expect(await warningsOf(Nothing, { server })).toEqual([]);
  });

  it.each<[string, Partial<NestAppOptions>]>([
    ['of the module', { providers: [{ provide: APP_GUARD, useClass: Guard }] }],
    [
      'of main.ts',
      { configure: (app) => void app.useGlobalPipes(new ValidationPipe()) },
    ],
  ])(
    'that global enhancers %s do not reach its handlers [A24]',
    async (_, more) => {
      const [line, ...others] = await warningsOf(Nothing, {}, more);
      expect(line).toContain('server.inheritAppConfig: true');
      expect(others).toEqual([]);
      await nest?.close();
      for (const inheritAppConfig of [true, false]) {
        const server = { inheritAppConfig };
        expect(await warningsOf(Nothing, { server }, more)).toEqual([]);
        await nest?.close();
      }
    },
  );
});
