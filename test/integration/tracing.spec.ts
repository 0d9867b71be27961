import {
  Controller,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type NestInterceptor,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { defer, type Observable } from 'rxjs';
import {
  Actor,
  ActorContext,
  ActorProxyFactory,
  ActorType,
  DaprClient,
  DaprContext,
  InputBinding,
  InvocationContext,
  Invocable,
  PubSubContext,
  ServerDapr,
  Subscribe,
} from '../../lib/index.js';
import { call } from '../conformance/wire.js';
import { callApp, deliver } from '../support/delivery.js';
import { Gate } from '../support/gate.js';
import { cloudEvent } from '../support/nest-app.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

const TRACES = [
  '0af7651916cd43dd8448eb211c80319c',
  '11111111111111111111111111111111',
] as const;
const parent = (trace: string): string => `00-${trace}-b7ad6b7169203331-01`;
const NO_TRACE = '00000000000000000000000000000000';
const traceOf = (traceparent: string | undefined): string | undefined =>
  traceparent?.split('-')[1];

interface Heard {
  readonly by: string;
  readonly payload: unknown;
  readonly trace: string | undefined;
  readonly state: string | undefined;
  readonly baggage: unknown;
}

const heard: Heard[] = [];
const hear = (by: string, payload: unknown, context: DaprContext): void => {
  heard.push({
    by,
    payload,
    trace: traceOf(context.traceparent),
    state: context.tracestate,
    baggage: context.headers['baggage'],
  });
};
let gate = new Gate();
let begun = 0;

@ActorType('Listener')
class Listener extends Actor {
  async hear(
    @Payload() payload: string,
    @Ctx() context?: ActorContext,
  ): Promise<void> {
    hear('actor', payload, context!);
  }
}

@Injectable()
class Later implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return defer(() => next.handle());
  }
}

@Controller()
class Chain {
  constructor(
    private readonly dapr: DaprClient,
    private readonly actors: ActorProxyFactory,
  ) {}

  @Subscribe('pubsub', 'start')
  @InputBinding('start')
  @Invocable('begin')
  @UseInterceptors(Later)
  async start(@Payload() payload: string): Promise<void> {
    begun += 1;
    await gate.opened;
    await this.dapr.pubsub.publish('pubsub', 'next', payload);
    await this.dapr.invoker.invoke('app', 'next', 'POST', payload);
    await this.actors.get<Listener>('Listener', 'a').hear(payload);
  }

  @Subscribe('pubsub', 'next')
  onNext(@Payload() payload: unknown, @Ctx() context: PubSubContext): void {
    hear('topic', payload, context);
  }

  @Invocable('next')
  next(@Payload() payload: unknown, @Ctx() context: InvocationContext): void {
    hear('method', payload, context);
  }

  @Subscribe('pubsub', 'fails')
  fails(): never {
    throw new Error('boom');
  }
}

describe.each(platforms)('a trace on %s', (_platform, adapter) => {
  let nest: NestRun;

  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      controllers: [Chain],
      providers: [Listener],
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    heard.length = 0;
    gate = new Gate();
    gate.open();
  });

  const heardOf = (payload: string) =>
    heard.filter((each) => each.payload === payload);
  const publish = (payload: string, trace: string) =>
    call(
      nest.sidecar,
      'POST',
      '/v1.0/publish/pubsub/start',
      JSON.stringify(payload),
      {
        'content-type': 'application/json',
        traceparent: parent(trace),
        tracestate: 'vendor=1',
      },
    );

  it('of a message goes on with the calls that its handler makes', async () => {
    await publish('a', TRACES[0]);
    await until(() => heard.length === 3);
    expect(heard.map(({ by, trace }) => [by, trace]).sort()).toEqual([
      ['actor', TRACES[0]],
      ['method', TRACES[0]],
      ['topic', TRACES[0]],
    ]);
  });

  it('of a message keeps what vendors added', async () => {
    await publish('a', TRACES[0]);
    await until(() => heard.length === 3);
    const topic = heard.find(({ by }) => by === 'topic');
    expect(topic?.state).toBe('vendor=1');
  });

  const invoke = (payload: string, trace: string) =>
    call(
      nest.sidecar,
      'POST',
      '/v1.0/invoke/app/method/begin',
      JSON.stringify(payload),
      { 'content-type': 'application/json', traceparent: parent(trace) },
    );

  it('of an invocation goes on with the calls that its handler makes', async () => {
    await invoke('a', TRACES[1]);
    await until(() => heard.length === 3);
    expect(heard.map(({ trace }) => trace)).toEqual([
      TRACES[1],
      TRACES[1],
      TRACES[1],
    ]);
  });

  it('of an event of a binding goes on, with its baggage', async () => {
    await callApp(nest, 'POST', '/start', '"a"', {
      traceparent: parent(TRACES[1]),
      tracestate: 'vendor=2',
      baggage: 'tenant=blue',
    });
    await until(() => heard.length === 3);
    expect(heard.map(({ trace }) => trace)).toEqual([
      TRACES[1],
      TRACES[1],
      TRACES[1],
    ]);
    const method = heard.find(({ by }) => by === 'method');
    expect(method).toMatchObject({ state: 'vendor=2', baggage: 'tenant=blue' });
  });

  it('stays apart from that of a call handled at the same time', async () => {
    gate = new Gate();
    begun = 0;
    const [one, two] = TRACES;
    const both = [invoke('one', one), invoke('two', two)];
    await until(() => begun === 2);
    gate.open();
    await Promise.all(both);
    await until(() => heard.length === 6);
    expect(heardOf('one').map(({ trace }) => trace)).toEqual([one, one, one]);
    expect(heardOf('two').map(({ trace }) => trace)).toEqual([two, two, two]);
  });

  it('is none where there is none: the zeros of daprd are not sent on', async () => {
    const answer = await deliver(nest, 'start', cloudEvent('a'));
    expect(answer.status).toBe(200);
    const zeros = await callApp(nest, 'POST', '/start', '"b"', {
      traceparent: `00-${NO_TRACE}-0000000000000000-00`,
    });
    expect(zeros.status).toBe(200);
    await until(() => heard.length === 6);
    const traces = new Set(heard.map(({ trace }) => trace));
    for (const known of TRACES) expect(traces).not.toContain(known);
  });
});

describe.each(platforms)('a tracing package on %s', (_platform, adapter) => {
  const spans = new AsyncLocalStorage<string>();
  const log: string[] = [];
  let nest: NestRun;

  @Controller()
  class Traced {
    @Subscribe('pubsub', 'traced')
    @Invocable('traced')
    @UseInterceptors(Later)
    async handle(@Payload() payload: string): Promise<string> {
      await Promise.resolve();
      log.push(`handler in ${spans.getStore()}`);
      if (payload === 'bad') throw new Error('boom');
      return payload;
    }
  }

  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      controllers: [Traced],
      configure(app) {
        const server = app.get(ServerDapr);
        server.setOnProcessingStartHook((_transport, context, done) => {
          const name = (context as object).constructor.name;
          log.push(`start of ${name}`);
          void spans.run(name, done);
        });
        server.setOnProcessingEndHook((_transport, context) => {
          log.push(`end of ${(context as object).constructor.name}`);
        });
      },
    });
  });
  afterAll(() => nest.close());
  beforeEach(() => {
    log.length = 0;
  });

  it('sees the beginning and the end of a message, and its handler runs in between', async () => {
    const { json } = await deliver(nest, 'traced', cloudEvent('good'));
    expect(json).toEqual({ status: 'SUCCESS' });
    expect(log).toEqual([
      'start of PubSubContext',
      'handler in PubSubContext',
      'end of PubSubContext',
    ]);
  });

  it('sees the end of one that fails, too, and changes nothing of its outcome', async () => {
    const { json } = await deliver(nest, 'traced', cloudEvent('bad'));
    expect(json).toEqual({ status: 'RETRY' });
    expect(log.at(-1)).toBe('end of PubSubContext');
  });

  it('sees invocations, and changes nothing of their results', async () => {
    expect(
      await nest.client.invoker.invoke('app', 'traced', 'POST', 'good'),
    ).toBe('good');
    expect(log).toEqual([
      'start of InvocationContext',
      'handler in InvocationContext',
      'end of InvocationContext',
    ]);
  });
});
