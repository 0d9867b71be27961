import { ExpressAdapter } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  Actor,
  ActorContext,
  ActorProxyFactory,
  ActorType,
  CommunicationProtocolEnum,
  OnReminder,
  OnTimer,
  type FailurePolicy,
  type NamedActorReminder,
} from '../../lib/index.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

interface Times {
  dueTime?: string;
  period?: string;
  ttl?: string;
  data?: unknown;
  callback?: string;
  overwrite?: boolean;
  failurePolicy?: FailurePolicy;
}

/** What handlers were called with: actor, handler, arguments. */
const seen: { id: string; handler: string; args: unknown[] }[] = [];

@ActorType('Clock')
class ClockActor extends Actor<{ ticks: number }> {
  setTimer(name: string, times: Times): Promise<void> {
    return this.timers.set(name, times);
  }

  removeTimer(name: string): Promise<void> {
    return this.timers.remove(name);
  }

  setReminder(name: string, times: Times): Promise<void> {
    return this.reminders.set(name, times);
  }

  removeReminder(name: string): Promise<void> {
    return this.reminders.remove(name);
  }

  async reminder(name: string): Promise<object> {
    return (await this.reminders.get(name)) ?? { none: true };
  }

  list(): Promise<NamedActorReminder[]> {
    return this.reminders.list();
  }

  async setAndFail(): Promise<void> {
    await this.timers.set('tick', { dueTime: '0s' });
    throw new Error('too late to take it back');
  }

  @OnTimer('tick')
  async onTick(...args: unknown[]): Promise<void> {
    this.note('onTick', args);
    this.state.set('ticks', (await this.state.get('ticks', 0)) + 1);
  }

  @OnReminder('wake')
  onWake(...args: unknown[]): void {
    this.note('onWake', args);
  }

  @OnTimer('broken')
  onBrokenTimer(): void {
    this.note('onBrokenTimer', []);
    this.breakDown();
  }

  @OnReminder('broken')
  onBrokenReminder(): void {
    this.note('onBrokenReminder', []);
    this.breakDown();
  }

  byCallback(...args: unknown[]): void {
    this.note('byCallback', args);
  }

  private breakDown(): never {
    this.state.set('ticks', -1);
    throw new Error('the spring is out');
  }

  private note(handler: string, args: unknown[]): void {
    seen.push({ id: this.id, handler, args });
  }
}

/** Names its reminders as it goes. */
@ActorType('Alarm')
class AlarmActor extends Actor {
  setReminder(name: string, data: unknown): Promise<void> {
    return this.reminders.set(name, { dueTime: '0s', data });
  }

  @OnReminder('known')
  onKnown(data: unknown): void {
    seen.push({ id: this.id, handler: 'onKnown', args: [data] });
  }

  @OnReminder()
  onOther(@Ctx() { name }: ActorContext, @Payload() data: unknown): void {
    seen.push({ id: this.id, handler: 'onOther', args: [name, data] });
  }
}

const payloads: [string, unknown][] = [
  ['object', { object: true }],
  ['array', ['array', 1]],
  ['text', 'text'],
  ['zero', 0],
  ['false', false],
  ['empty', ''],
  ['null', null],
];

let ids = 0;

describe.each(platforms)('timers and reminders on %s', (platform, adapter) => {
  let nest: NestRun;
  beforeAll(async () => {
    nest = await runNest({
      adapter: adapter(),
      providers: [ClockActor, AlarmActor],
    });
  });
  afterAll(() => nest.close());

  const newClock = (name = `${ids++}`) => {
    const id = `${platform}-${name}`;
    return {
      clock: nest.app.get(ActorProxyFactory).get(ClockActor, id),
      came: (handler: string) =>
        seen.filter((each) => each.id === id && each.handler === handler),
      stored: () => nest.client.actor.stateGet('Clock', id, 'ticks'),
    };
  };

  /** An actor that did its work in that many milliseconds: on a busy machine not always the first one. */
  const newClockWithin = async (
    limit: number,
    work: (made: ReturnType<typeof newClock>) => Promise<void>,
  ): Promise<ReturnType<typeof newClock>> => {
    for (;;) {
      const made = newClock();
      const begun = Date.now();
      await work(made);
      if (Date.now() - begun < limit) return made;
    }
  };

  it('come by the name of their handler, and store what it sets [A14]', async () => {
    const { clock, came, stored } = newClock();
    await clock.setTimer('tick', { dueTime: '0s', period: '100ms' });
    await until(() => came('onTick').length >= 3);
    await clock.removeTimer('tick');
    await until(async () => (await stored()) === came('onTick').length);
  });

  it('come once where they have no period, and not after they were removed [A13]', async () => {
    const { clock, came } = newClock();
    await clock.setReminder('wake', { dueTime: '100ms' });
    await clock.setTimer('tick', { dueTime: '100ms' });
    expect(await clock.reminder('wake')).not.toHaveProperty('period');
    const other = await newClockWithin(1000, async ({ clock: removing }) => {
      await removing.setReminder('wake', { dueTime: '1s' });
      await removing.setTimer('tick', { dueTime: '1s' });
      await removing.removeReminder('wake');
      await removing.removeTimer('tick');
    });
    expect(await other.clock.reminder('wake')).toEqual({ none: true });
    await until(() => came('onWake').length > 0 && came('onTick').length > 0);
    const mark = newClock();
    await mark.clock.setReminder('wake', { dueTime: '1500ms' });
    await until(() => mark.came('onWake').length === 1);
    expect(came('onWake')).toHaveLength(1);
    expect(came('onTick')).toHaveLength(1);
    expect(other.came('onWake')).toEqual([]);
    expect(other.came('onTick')).toEqual([]);
  });

  it('hand over their data as it was set [A15]', async () => {
    const clocks = [...payloads, ['nothing', undefined]].map(
      ([name, data]) => ({ ...newClock(`data-${String(name)}`), data }),
    );
    for (const { clock, data } of clocks) {
      const times = {
        dueTime: '0s',
        ...(data !== undefined && { data }),
      };
      await clock.setReminder('wake', times);
      await clock.setTimer('tick', times);
    }
    for (const { came, data } of clocks) {
      const args = data === undefined ? [] : [data];
      await until(
        () => came('onWake').length === 1 && came('onTick').length === 1,
      );
      expect(came('onWake')[0]?.args).toEqual(args);
      expect(came('onTick')[0]?.args).toEqual(args);
    }
  });

  it('of a timer without a handler go to its callback [A14]', async () => {
    const { clock, came } = newClock();
    await clock.setTimer('other', {
      dueTime: '0s',
      data: 1,
      callback: 'byCallback',
    });
    await until(() => came('byCallback').length === 1);
    expect(came('byCallback')[0]?.args).toEqual([1]);
  });

  it('of a reminder whose name has no handler go to the one without a name', async () => {
    const id = `${platform}-${ids++}`;
    const alarm = nest.app.get(ActorProxyFactory).get(AlarmActor, id);
    await alarm.setReminder('known', 1);
    await alarm.setReminder('made up', 2);
    const came = () => seen.filter((each) => each.id === id);
    await until(() => came().length === 2);
    expect(came()).toEqual(
      expect.arrayContaining([
        { id, handler: 'onKnown', args: [1] },
        { id, handler: 'onOther', args: ['made up', 2] },
      ]),
    );
  });

  it('that nothing takes are answered 400, in words [A14]', async () => {
    const path = '/actors/Clock/a/method/timer/other';
    const answer = await callApp(nest, 'PUT', path, { callback: '' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("@OnTimer('other')");
  });

  it('that fail are tried again or come again as Dapr has it, store nothing, and end nothing [A12]', async () => {
    const { clock, came, stored } = newClock();
    nest.log.lines.length = 0;
    await clock.setTimer('broken', { dueTime: '0s', period: '100ms' });
    await clock.setReminder('broken', { dueTime: '0s' });
    await until(
      () =>
        came('onBrokenTimer').length >= 3 &&
        came('onBrokenReminder').length >= 2,
    );
    await clock.removeTimer('broken');
    await clock.removeReminder('broken');
    expect(await stored()).toBeUndefined();
    const lines = nest.log.of('error', 'the spring is out');
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const kind of ['timer', 'remind']) {
      const path = `/actors/Clock/failing/method/${kind}/broken`;
      expect((await callApp(nest, 'PUT', path, {})).status).toBe(500);
    }
  });

  it('that a turn set stay, though it failed', async () => {
    const { clock, came } = newClock();
    await expect(clock.setAndFail()).rejects.toThrow('too late');
    await until(() => came('onTick').length === 1);
  });

  it('that repeat do so as often as they are told to', async () => {
    const { clock, came } = newClock();
    await clock.setReminder('wake', { dueTime: '0s', period: 'R2/PT1S' });
    await clock.setTimer('tick', { dueTime: '0s', period: 'R3/PT1S' });
    await until(() => came('onWake').length >= 2 && came('onTick').length >= 3);
    const mark = newClock();
    await mark.clock.setReminder('wake', { dueTime: '1500ms' });
    await until(() => mark.came('onWake').length === 1);
    expect(came('onWake')).toHaveLength(2);
    expect(came('onTick')).toHaveLength(3);
  });

  it('end with their time to live', async () => {
    const { clock, came } = newClock();
    const times = { dueTime: '0s', period: '200ms', ttl: '900ms' };
    await clock.setReminder('wake', times);
    await clock.setTimer('tick', times);
    await until(() => came('onWake').length >= 5 && came('onTick').length >= 5);
    const mark = newClock();
    await mark.clock.setReminder('wake', { dueTime: '1s' });
    await until(() => mark.came('onWake').length === 1);
    expect(came('onWake')).toHaveLength(5);
    expect(came('onTick')).toHaveLength(5);
  });

  it('of a name take the place of the one before, unless it is to stay', async () => {
    const { clock } = newClock();
    await clock.setReminder('wake', { dueTime: '1h', data: 'first' });
    await clock.setReminder('wake', { dueTime: '2h', data: 'second' });
    expect(await clock.reminder('wake')).toMatchObject({ data: 'second' });
    const kept = { dueTime: '3h', overwrite: false };
    await expect(clock.setReminder('wake', kept)).rejects.toMatchObject({
      status: 409,
    });
    expect(await clock.reminder('wake')).toMatchObject({ data: 'second' });
    await clock.removeReminder('wake');
  });

  it('that nothing takes are set with a warning', async () => {
    const { clock } = newClock();
    await clock.setReminder('typo', { dueTime: '1h' });
    await clock.setTimer('typo', { dueTime: '1h', callback: 'nobody' });
    for (const text of ["@OnReminder('typo')", "@OnTimer('typo'), nor a call"])
      expect(nest.log.of('warn', text)).toHaveLength(1);
    await clock.removeReminder('typo');
    await clock.removeTimer('typo');
    nest.log.lines.length = 0;
  });

  it('with times that Dapr would refuse are refused in words', async () => {
    const { clock } = newClock();
    const refused = clock.setReminder('wake', { dueTime: 'soon' });
    await expect(refused).rejects.toThrow('"soon" is no duration');
  });
});

describe.each([
  ['HTTP', CommunicationProtocolEnum.HTTP],
  ['gRPC', CommunicationProtocolEnum.GRPC],
] as const)('timers and reminders over %s', (name, protocol) => {
  let nest: NestRun;
  beforeAll(async () => {
    nest = await runNest({
      adapter: new ExpressAdapter(),
      providers: [ClockActor],
      dapr: { communicationProtocol: protocol },
    });
  });
  afterAll(() => nest.close());

  const newClock = () => {
    const id = `${name}-${ids++}`;
    return {
      id,
      clock: nest.app.get(ActorProxyFactory).get(ClockActor, id),
      came: (handler: string) =>
        seen.filter((each) => each.id === id && each.handler === handler),
    };
  };

  it.each(payloads)(
    'hand over their data as it was set: %s [A15]',
    async (_name, data) => {
      const { clock, came } = newClock();
      // Dapr takes the policy over gRPC only, so that is the way of the second one whatever the client's protocol.
      const failurePolicy = { drop: true } as const;
      await clock.setTimer('tick', { dueTime: '0s', data });
      await clock.setReminder('wake', { dueTime: '0s', data });
      await until(
        () => came('onTick').length === 1 && came('onWake').length === 1,
      );
      await clock.setReminder('wake', { dueTime: '0s', data, failurePolicy });
      await until(() => came('onWake').length === 2);
      for (const { args } of [...came('onTick'), ...came('onWake')])
        expect(args).toEqual([data]);
    },
  );

  it('can be listed, where they are reminders, with their data', async () => {
    const { id, clock } = newClock();
    expect(await clock.list()).toEqual([]);
    await clock.setReminder('wake', { dueTime: '1h', data: { a: 1 } });
    await clock.setReminder('broken', { dueTime: '2h', period: '1h' });
    const list = await clock.list();
    expect(list.map(({ name }) => name).sort()).toEqual(['broken', 'wake']);
    expect(list.find(({ name }) => name === 'wake')).toMatchObject({
      actorType: 'Clock',
      actorId: id,
      data: { a: 1 },
    });
    expect(await clock.reminder('wake')).toMatchObject({ data: { a: 1 } });
    await clock.removeReminder('wake');
    await clock.removeReminder('broken');
    expect(await clock.list()).toEqual([]);
  });

  it('that fail follow the policy that they were given [A12]', async () => {
    const { clock, came } = newClock();
    const { clock: other, came: cameToOther } = newClock();
    await clock.setReminder('broken', {
      dueTime: '0s',
      failurePolicy: { drop: true },
    });
    await other.setReminder('broken', {
      dueTime: '0s',
      failurePolicy: { constant: { interval: '100ms', maxRetries: 2 } },
    });
    await until(() => cameToOther('onBrokenReminder').length === 3);
    const mark = newClock();
    await mark.clock.setReminder('wake', { dueTime: '1500ms' });
    await until(() => mark.came('onWake').length === 1);
    expect(came('onBrokenReminder')).toHaveLength(1);
    expect(cameToOther('onBrokenReminder')).toHaveLength(3);
  });
});
