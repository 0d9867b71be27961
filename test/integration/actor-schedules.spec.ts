import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ctx, Payload } from '@nestjs/microservices';
import {
  Actor,
  ActorContext,
  ActorProxyFactory,
  ActorType,
  OnReminder,
  OnTimer,
} from '../../lib/index.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { platforms } from '../support/platforms.js';
import { until } from '../support/until.js';

interface Times {
  dueTime?: string;
  period?: string;
  data?: unknown;
  callback?: string;
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

  it('come by the name of their handler, and store what it sets [A14]', async () => {
    const { clock, came, stored } = newClock();
    await clock.setTimer('tick', { dueTime: '0s', period: '100ms' });
    await until(() => came('onTick').length >= 3);
    await clock.removeTimer('tick');
    await until(async () => (await stored()) === came('onTick').length);
  });

  it('come once where they have no period, and not after they were removed [A13]', async () => {
    const { clock, came } = newClock();
    const { clock: other, came: cameToOther } = newClock();
    await clock.setReminder('wake', { dueTime: '100ms' });
    await clock.setTimer('tick', { dueTime: '100ms' });
    expect(await clock.reminder('wake')).not.toHaveProperty('period');
    await other.setReminder('wake', { dueTime: '500ms' });
    await other.setTimer('tick', { dueTime: '500ms' });
    await other.removeReminder('wake');
    await other.removeTimer('tick');
    expect(await other.reminder('wake')).toEqual({ none: true });
    const mark = newClock();
    await mark.clock.setReminder('wake', { dueTime: '1500ms' });
    await until(() => mark.came('onWake').length === 1);
    expect(came('onWake')).toHaveLength(1);
    expect(came('onTick')).toHaveLength(1);
    expect(cameToOther('onWake')).toEqual([]);
    expect(cameToOther('onTick')).toEqual([]);
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

  it('with times that Dapr would refuse are refused in words', async () => {
    const { clock } = newClock();
    const refused = clock.setReminder('wake', { dueTime: 'soon' });
    await expect(refused).rejects.toThrow('"soon" is no duration');
  });
});
