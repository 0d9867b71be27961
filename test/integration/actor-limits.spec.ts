import { Injectable } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { IncomingMessage, Server } from 'node:http';
import {
  Actor,
  ActorProxyFactory,
  Actors,
  ActorType,
  DaprModule,
  InjectActors,
} from '../../lib/index.js';
import { callApp } from '../support/delivery.js';
import { Gate } from '../support/gate.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { until } from '../support/until.js';

/** Who works, and who did at most at a time. */
@Injectable()
class Workshop {
  readonly working = new Set<string>();
  readonly began: string[] = [];
  readonly gates = new Map<string, Gate>();
  most = 0;

  async work(id: string): Promise<void> {
    this.working.add(id);
    this.began.push(id);
    this.most = Math.max(this.most, this.working.size);
    await this.gateOf(id).opened;
    this.working.delete(id);
  }

  gateOf(id: string): Gate {
    const gate = this.gates.get(id) ?? new Gate();
    this.gates.set(id, gate);
    return gate;
  }
}

@ActorType('Bench', { maxConcurrentTurns: 2, reentrancy: { enabled: true } })
class BenchActor extends Actor<{ done: number }> {
  constructor(
    private readonly workshop: Workshop,
    @InjectActors(() => BenchActor)
    private readonly benches: Actors<BenchActor>,
    @InjectActors(() => PorterActor)
    private readonly porters: Actors<PorterActor>,
  ) {
    super();
  }

  async work(): Promise<void> {
    await this.workshop.work(this.id);
    this.state.set('done', (await this.done()) + 1);
  }

  done(): Promise<number> {
    return this.state.get('done', 0);
  }

  /** Itself, another of its type, and that by way of another type. */
  async fan(levels: number): Promise<number> {
    if (levels === 0) return 1;
    const counts = [
      await this.benches.get(this.id).fan(levels - 1),
      await this.benches.get(`${this.id}-${levels}`).fan(levels - 1),
      await this.porters.get(this.id).carry(`${this.id}+${levels}`, levels - 1),
    ];
    return counts.reduce((sum, count) => sum + count, 0);
  }
}

@ActorType('Lathe', { maxConcurrentTurns: 1 })
class LatheActor extends Actor {
  constructor(
    private readonly workshop: Workshop,
    @InjectActors(() => LatheActor)
    private readonly lathes: Actors<LatheActor>,
  ) {
    super();
  }

  async workAndAsk(id: string): Promise<string> {
    await this.workshop.work(this.id);
    return this.lathes.get(id).name();
  }

  name(): string {
    return this.id;
  }
}

@ActorType('Porter')
class PorterActor extends Actor {
  constructor(
    @InjectActors(BenchActor) private readonly benches: Actors<BenchActor>,
  ) {
    super();
  }

  carry(id: string, levels: number): Promise<number> {
    return this.benches.get(id).fan(levels);
  }
}

describe('turns of a type with a limit', () => {
  let nest: NestRun;
  let workshop: Workshop;
  const paths: string[] = [];
  beforeAll(async () => {
    nest = await runNest({
      adapter: new ExpressAdapter(),
      imports: [DaprModule.forFeature([BenchActor, LatheActor, PorterActor])],
      providers: [BenchActor, LatheActor, PorterActor, Workshop],
    });
    workshop = nest.app.get(Workshop);
    const server: Server = nest.app.getHttpServer();
    server.on('request', ({ url = '' }: IncomingMessage) => paths.push(url));
  });
  afterAll(() => nest.close());

  const bench = (id: string) =>
    nest.app.get(ActorProxyFactory).get(BenchActor, id);
  const began = (id: string) => () => workshop.began.includes(id);
  /** A call has come to the app, where it waits for its turn. */
  const arrived = (id: string) =>
    until(() => paths.some((path) => path.includes(`/${id}/method/`)));

  it('are that many at a time, and the others follow in the order they came', async () => {
    const calls: Promise<void>[] = [];
    for (const id of ['a', 'b']) calls.push(bench(id).work());
    await until(() => workshop.working.size === 2);
    for (const id of ['c', 'd', 'e']) {
      calls.push(bench(id).work());
      await arrived(id);
    }
    for (const id of ['a', 'b', 'c', 'd']) workshop.gateOf(id).open();
    await until(began('e'));
    workshop.gateOf('e').open();
    await Promise.all(calls);
    expect(workshop.began.slice(2)).toEqual(['c', 'd', 'e']);
    expect(workshop.most).toBe(2);
    expect(await bench('e').done()).toBe(1);
  });

  it('do not wait for the turn that they are called in, directly or through others', async () => {
    const counts = [bench('left').fan(2), bench('right').fan(2)];
    expect(await Promise.all(counts)).toEqual([9, 9]);
  });

  it('make room while they wait for an actor that another holds which waits for room', async () => {
    const lathe = (id: string) =>
      nest.app.get(ActorProxyFactory).get(LatheActor, id);
    const asking = lathe('asking').workAndAsk('asked');
    await until(began('asking'));
    const before = lathe('asked').name();
    await arrived('asked');
    workshop.gateOf('asking').open();
    expect(await Promise.all([asking, before])).toEqual(['asked', 'asked']);
    expect(await lathe('another').name()).toBe('another');
  });

  it('that wait while their actor is deactivated fail at once, and leave their place', async () => {
    const calls = [bench('f').work(), bench('g').work()];
    await until(() => workshop.working.size === 2);
    const late = bench('late').work();
    await arrived('late');
    await callApp(nest, 'DELETE', '/actors/Bench/late');
    await expect(late).rejects.toThrow(/stored nothing: Dapr deactivated/);
    workshop.gateOf('f').open();
    workshop.gateOf('g').open();
    await Promise.all(calls);
    expect(workshop.began).not.toContain('late');
    workshop.gateOf('late').open();
    await bench('late').work();
  });
});
