import {
  BadRequestException,
  ConflictException,
  Controller,
  Inject,
  Injectable,
  NotFoundException,
  PayloadTooLargeException,
  Scope,
  UnauthorizedException,
  UnprocessableEntityException,
  UnsupportedMediaTypeException,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type NestInterceptor,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
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
import { EMPTY, of, throwError } from 'rxjs';
import {
  DropMessageException,
  InputBinding,
  Invocable,
  PubSubContext,
  RetryMessageException,
  Subscribe,
  type DaprContext,
} from '../../lib/index.js';
import { callApp } from '../support/delivery.js';
import {
  IN_MEMORY,
  RETRIES,
  runNest,
  type NestRun,
} from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const ran: string[] = [];
const dead: unknown[] = [];
const answers = new Map<string, () => unknown>();

class Parcel {
  @IsInt()
  weight!: number;
}

@Injectable()
class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
class EmptyStream implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler) {
    void next;
    return EMPTY;
  }
}

@Injectable({ scope: Scope.REQUEST })
class Broken {
  constructor() {
    throw new Error('no database');
  }
}

let scopes = 0;

@Injectable({ scope: Scope.REQUEST })
class PerMessage {
  readonly number = ++scopes;
  constructor(@Inject(REQUEST) readonly request: { data: unknown }) {}
}

@Controller()
class Handlers {
  @Subscribe('pubsub', 'answer', { deadLetterTopic: 'dead' })
  answer(@Payload() name: string): unknown {
    ran.push(name);
    return answers.get(name)?.();
  }

  @Subscribe('pubsub', 'guarded', { deadLetterTopic: 'dead' })
  @UseGuards(Closed)
  guarded(): void {
    ran.push('guarded');
  }

  @Subscribe('pubsub', 'validated', { deadLetterTopic: 'dead' })
  validated(
    @Payload(new ValidationPipe({ transform: true })) parcel: Parcel,
  ): void {
    ran.push(`validated ${parcel instanceof Parcel}`);
  }

  @Subscribe('pubsub', 'silent', { deadLetterTopic: 'dead' })
  @UseInterceptors(EmptyStream)
  silent(): void {
    ran.push('silent');
  }

  @Subscribe('pubsub', 'dead')
  onDead(@Payload() payload: unknown): void {
    dead.push(payload);
  }

  @Subscribe('pubsub', 'first')
  @Subscribe('pubsub', 'second')
  both(@Payload() payload: string, @Ctx() context: PubSubContext): void {
    ran.push(`${context.topic} ${payload}`);
  }

  @Subscribe('pubsub', 'third')
  @Invocable('third-method')
  @InputBinding('third-events')
  anyhow(@Payload() payload: string, @Ctx() context: DaprContext): string {
    ran.push(`${context.constructor.name} ${payload}`);
    return payload;
  }
}

@Controller()
class NeedsBroken {
  constructor(readonly broken: Broken) {}

  @Subscribe('pubsub', 'unbuildable', { deadLetterTopic: 'dead' })
  handle(): void {
    ran.push('unbuildable');
  }
}

@Controller()
class Scoped {
  constructor(readonly scope: PerMessage) {}

  @Subscribe('pubsub', 'scoped')
  handle(@Payload() payload: string): void {
    ran.push(
      `${payload} ${String(this.scope.request.data)} ${this.scope.number}`,
    );
  }
}

describe.each(platforms)('topic handlers on %s', (_platform, adapter) => {
  let nest: NestRun;

  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      resources: `${IN_MEMORY}---${RETRIES}`,
      controllers: [Handlers, NeedsBroken, Scoped],
      providers: [Closed, EmptyStream, Broken, PerMessage],
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    ran.length = 0;
    dead.length = 0;
    nest.log.lines.length = 0;
    scopes = 0;
  });

  const publish = (topic: string, payload: unknown) =>
    nest.client.pubsub.publish('pubsub', topic, payload as object, {
      contentType: 'application/json',
    });

  /** Publishes to the topic `answer` and waits until the message is dead. */
  const die = async (name: string, behaviour: () => unknown) => {
    answers.set(name, behaviour);
    await publish('answer', name);
    await until(() => dead.includes(name));
  };

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom'))],
    ['fails in its Observable', () => throwError(() => new Error('boom'))],
    [
      'misses a row in a repository',
      () => {
        throw new NotFoundException('boom');
      },
    ],
    [
      'finds a conflict',
      () => {
        throw new ConflictException('boom');
      },
    ],
    [
      'is not let in by a service deeper down',
      () => {
        throw new UnauthorizedException('boom');
      },
    ],
    [
      'asks for another delivery',
      () => {
        throw new RetryMessageException('boom');
      },
    ],
    ['returns the word RETRY', () => 'RETRY'],
  ])(
    'a message whose handler %s is delivered again, and dead after the last retry [H1] [H2]',
    async (name, behaviour) => {
      await die(name, behaviour);
      expect(ran).toEqual([name, name, name, name]);
      expect(nest.log.of('error', 'Handlers.answer failed')).toHaveLength(4);
      if (name !== 'returns the word RETRY')
        expect(nest.log.of('error', 'boom')).toHaveLength(4);
    },
  );

  it('a message whose handler can not be built is delivered again [H1]', async () => {
    await publish('unbuildable', 'x');
    await until(() => dead.includes('x'));
    expect(ran).toEqual([]);
    expect(nest.log.of('error', 'no database')).toHaveLength(4);
  });

  it.each<[string, () => unknown]>([
    [
      '400',
      () => {
        throw new BadRequestException('no');
      },
    ],
    [
      '413',
      () => {
        throw new PayloadTooLargeException('no');
      },
    ],
    [
      '415',
      () => {
        throw new UnsupportedMediaTypeException('no');
      },
    ],
    [
      '422',
      () => {
        throw new UnprocessableEntityException('no');
      },
    ],
    [
      'a drop',
      () => {
        throw new DropMessageException('no');
      },
    ],
    ['the word DROP', () => 'DROP'],
  ])(
    'a message that is refused with %s goes to the dead letter topic at once [H2] [H8]',
    async (name, behaviour) => {
      await die(name, behaviour);
      expect(ran).toEqual([name]);
      expect(nest.log.of('warn', 'Handlers.answer refused')).toHaveLength(1);
    },
  );

  it('a payload that a ValidationPipe refuses never reaches the handler and is dead at once [H2]', async () => {
    await publish('validated', { weight: 'heavy' });
    await until(() => dead.length === 1);
    expect(dead).toEqual([{ weight: 'heavy' }]);
    await publish('validated', { weight: 3 });
    await until(() => ran.length === 1);
    expect(ran).toEqual(['validated true']);
  });

  it('a message that a guard turns away never reaches the handler and is dead at once [H2]', async () => {
    await publish('guarded', 'x');
    await until(() => dead.includes('x'));
    expect(ran).toEqual([]);
    expect(nest.log.of('warn', 'Handlers.guarded refused')).toHaveLength(1);
  });

  it.each<[string, () => unknown]>([
    ['an object with a status', () => ({ status: 'shipped' })],
    ['nothing', () => undefined],
    ['null', () => null],
    ['an Observable', () => of({ status: 'RETRY!' })],
    ['an empty Observable', () => EMPTY],
    ['the word SUCCESS', () => 'SUCCESS'],
  ])(
    'a handler that returns %s has handled its message [H5]',
    async (name, behaviour) => {
      answers.set(name, behaviour);
      await publish('answer', name);
      await publish('answer', 'next');
      await until(() => ran.includes('next'));
      expect(ran).toEqual([name, 'next']);
      expect(dead).toEqual([]);
    },
  );

  it('a stream without a value, of an interceptor, counts as handled [H5]', async () => {
    await publish('silent', 'x');
    await publish('first', 'sentinel');
    await until(() => ran.length === 1);
    expect(dead).toEqual([]);
  });

  it('one method may take several topics', async () => {
    await publish('first', 'a');
    await publish('second', 'b');
    await until(() => ran.length === 2);
    expect([...ran].sort()).toEqual(['first a', 'second b']);
  });

  it('one method may take a topic, an invocation and the events of a binding', async () => {
    await publish('third', 'a');
    const body = JSON.stringify('b');
    const json = { 'content-type': 'application/json' };
    const invoked = await callApp(nest, 'POST', '/third-method', body, json);
    expect(invoked.text).toBe('b');
    const event = await callApp(nest, 'POST', '/third-events', body, json);
    expect(event.status).toBe(200);
    await until(() => ran.length === 3);
    expect([...ran].sort()).toEqual([
      'BindingContext b',
      'InvocationContext b',
      'PubSubContext a',
    ]);
  });

  it('a request-scoped controller and its dependencies are built once per message [H13]', async () => {
    await publish('scoped', 'a');
    await until(() => ran.length === 1);
    await publish('scoped', 'b');
    await until(() => ran.length === 2);
    expect(ran).toEqual(['a a 1', 'b b 2']);
  });
});
