import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Actor,
  ActorProxyFactory,
  Actors,
  ActorType,
  DaprModule,
  InjectActors,
  type OnActivate,
} from '../../lib/index.js';
import { Gate } from '../support/gate.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

/** What actors did, by their ids. */
@Injectable()
class Journal {
  readonly lines: string[] = [];
  readonly gate = new Gate();

  of(id: string): string[] {
    return this.lines.filter((line) => line.endsWith(` ${id}`));
  }
}

@ActorType('Counter')
class CounterActor extends Actor<{ count: number }> implements OnActivate {
  private running = 0;

  constructor(
    private readonly journal: Journal,
    @InjectActors(() => CounterActor)
    private readonly counters: Actors<CounterActor>,
  ) {
    super();
  }

  async onActivate(): Promise<void> {
    this.journal.lines.push(`activated ${this.id}`);
    await this.state.get('count');
  }

  async up(): Promise<number> {
    if (++this.running > 1) throw new Error('two turns at once');
    const count = (await this.state.get('count', 0)) + 1;
    await new Promise((resolve) => setImmediate(resolve));
    this.state.set('count', count);
    this.running--;
    return count;
  }

  async upWith(other: string): Promise<number> {
    return (await this.up()) + (await this.counters.get(other).up());
  }

  async wait(): Promise<void> {
    await this.note('waits');
    await this.journal.gate.opened;
  }

  async note(line: string): Promise<void> {
    this.journal.lines.push(`${line} ${this.id}`);
  }
}

// On a slow machine. A call that takes more than a minute ends with an error of its own.
const LIMIT = 120_000;

const THOUSAND = Array.from({ length: 1000 }, (_, index) => index);

describe.each(platforms)('turns of actors on %s', (_platform, adapter) => {
  let nest: NestRun;
  let journal: Journal;
  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      imports: [DaprModule.forFeature([CounterActor])],
      providers: [CounterActor, Journal],
    });
    journal = nest.app.get(Journal);
  });
  afterAll(() => nest.close());

  const counter = (id: string) =>
    nest.app.get(ActorProxyFactory).get(CounterActor, id);

  it(
    'of a thousand first calls to one id follow one activation, one after the other [A3]',
    async () => {
      const counts = await Promise.all(THOUSAND.map(() => counter('one').up()));
      expect(counts.sort((a, b) => a - b)).toEqual(
        THOUSAND.map((index) => index + 1),
      );
      expect(journal.of('one')).toEqual(['activated one']);
      const stored = nest.client.actor.stateGet('Counter', 'one', 'count');
      expect(await stored).toBe(1000);
    },
    LIMIT,
  );

  it('come in the order of their calls, while other actors go on [A3]', async () => {
    const calls = [counter('queue').wait()];
    await until(() => journal.of('queue').length === 2);
    for (const line of ['1', '2', '3']) {
      calls.push(counter('queue').note(line));
      // Nothing tells when the sidecar has queued a call: a later one comes and goes meanwhile, and some time passes.
      await counter('other').note('goes on');
      await delay(30);
    }
    expect(journal.of('queue')).toHaveLength(2);
    journal.gate.open();
    await Promise.all(calls);
    expect(journal.of('queue')).toEqual([
      'activated queue',
      'waits queue',
      '1 queue',
      '2 queue',
      '3 queue',
    ]);
  });

  it(
    'of a thousand actors that their own app calls at once, and that each call another, all end [A20]',
    async () => {
      const counts = await Promise.all(
        THOUSAND.map((index) =>
          counter(`pair-${index}`).upWith(`peer-${index}`),
        ),
      );
      expect(counts).toEqual(THOUSAND.map(() => 2));
      const last = nest.client.actor.stateGet('Counter', 'peer-999', 'count');
      expect(await last).toBe(1);
    },
    LIMIT,
  );
});
