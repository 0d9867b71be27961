import { Injectable } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Actor,
  ActorContext,
  ActorProxyFactory,
  Actors,
  ActorType,
  DaprClient,
  DaprModule,
  InjectActors,
  type ActorProxyOptions,
} from '../../lib/index.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

/** Why the signals of turns aborted, by actor id. */
@Injectable()
class Journal {
  readonly begun = new Set<string>();
  readonly reasons = new Map<string, string>();

  /** Resolves when the signal aborts. */
  async wait(id: string, signal: AbortSignal): Promise<void> {
    this.begun.add(id);
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    this.reasons.set(id, (signal.reason as Error).message);
  }
}

@ActorType('Worker', { drainOngoingCallTimeout: '100ms' })
class WorkerActor extends Actor<{ done: boolean }> {
  constructor(
    private readonly journal: Journal,
    @InjectActors(() => WorkerActor)
    private readonly workers: Actors<WorkerActor>,
  ) {
    super();
  }

  async work(@Ctx() { signal }: ActorContext): Promise<string> {
    await this.journal.wait(this.id, signal);
    this.state.set('done', true);
    return 'done all the same';
  }

  async workFor(id: string, @Ctx() { signal }: ActorContext): Promise<string> {
    this.journal.begun.add(this.id);
    return this.workers.get(id, { signal }).work();
  }

  /** Asks the other when it is told to end itself. */
  async workAndAsk(id: string, @Ctx() context: ActorContext): Promise<string> {
    await this.work(context);
    return this.workers.get(id).work();
  }

  lateSignal(@Ctx() context: ActorContext): boolean {
    return context.signal.aborted;
  }
}

describe.each(platforms)('a turn on %s', (_platform, adapter) => {
  let nest: NestRun;
  let journal: Journal;
  beforeEach(async () => {
    nest = await runNest({
      adapter: adapter(),
      imports: [DaprModule.forFeature([WorkerActor])],
      providers: [WorkerActor, Journal],
    });
    journal = nest.app.get(Journal);
  });
  afterEach(() => nest.close());

  const worker = (id: string, options?: ActorProxyOptions) =>
    nest.app.get(ActorProxyFactory).get(WorkerActor, id, options);
  const stored = (id: string) =>
    nest.client.actor.stateGet('Worker', id, 'done');

  it('is told when its caller gives up, and goes on to its end', async () => {
    const controller = new AbortController();
    const reason = new Error('no patience');
    const call = worker('a', { signal: controller.signal }).work();
    await until(() => journal.begun.has('a'));
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await until(() => journal.reasons.has('a'));
    expect(journal.reasons.get('a')).toMatch(/caller closed the connection/);
    await until(async () => (await stored('a')) === true);
  });

  it('is told when its caller has waited for its timeout', async () => {
    // On a busy machine the time may be over before the call has come to the actor.
    await until(async () => {
      const call = worker('b', { timeout: 100 }).work();
      await expect(call).rejects.toMatchObject({ name: 'DaprTimeoutError' });
      return journal.begun.has('b');
    });
    await until(() => journal.reasons.has('b'));
  });

  it('is told by way of the turn that called it, where that one hands its signal on', async () => {
    const controller = new AbortController();
    const call = worker('c', { signal: controller.signal }).workFor('d');
    await until(() => journal.begun.has('d'));
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    await until(() => journal.reasons.has('d'));
  });

  it('is told when its actor is deactivated, and stores nothing [A18]', async () => {
    const call = worker('e').work();
    await until(() => journal.begun.has('e'));
    await callApp(nest, 'DELETE', '/actors/Worker/e');
    await expect(call).rejects.toThrow(/stored nothing: Dapr deactivated/);
    expect(journal.reasons.get('e')).toMatch(/Dapr deactivated the actor/);
    expect(await stored('e')).toBeUndefined();
  });

  it('is told when the app ends and does not wait any longer, and is stored [H20]', async () => {
    const outside = new DaprClient({ httpEndpoint: nest.sidecar.url });
    const call = outside.actor.invoke('Worker', 'f', 'work');
    await until(() => journal.begun.has('f'));
    await nest.app.close();
    await expect(call).resolves.toBe('done all the same');
    expect(journal.reasons.get('f')).toBe('the app is shutting down');
    const value = await outside.actor.stateGet('Worker', 'f', 'done');
    await outside.stop();
    expect(value).toBe(true);
  });

  it('is told at once where it begins when the app does not wait any longer [H20]', async () => {
    const outside = new DaprClient({ httpEndpoint: nest.sidecar.url });
    const call = outside.actor.invoke('Worker', 'h', 'workAndAsk', 'i');
    await until(() => journal.begun.has('h'));
    await nest.app.close();
    await expect(call).resolves.toBe('done all the same');
    expect(journal.reasons.get('i')).toBe('the app is shutting down');
    await outside.stop();
  });

  it('is not told of anything where nothing happens', async () => {
    expect(await worker('g').lateSignal()).toBe(false);
  });
});
