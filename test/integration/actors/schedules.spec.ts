import { ConflictException, NotFoundException } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Actor } from '../../../lib/actors/actor.js';
import {
  OnReminder,
  OnTimer,
} from '../../../lib/actors/actor-callbacks.decorator.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { startActorApp, type ActorApp } from './actor-app.js';

const seen: unknown[][] = [];

@ActorType('Clockwork')
class ClockworkActor extends Actor<{ ticks: number }> {
  @OnTimer('tick')
  @OnTimer('tock')
  async tick(...args: unknown[]): Promise<string> {
    seen.push(['tick', ...args]);
    this.state.set('ticks', (await this.state.get('ticks', 0)) + 1);
    return 'nobody reads this';
  }

  @OnReminder('wake')
  async wake(...args: unknown[]): Promise<void> {
    seen.push(['wake', ...args]);
  }

  @OnTimer('broken')
  @OnReminder('broken')
  async broken(): Promise<void> {
    this.state.set('ticks', -1);
    throw new Error('spring is out');
  }

  @OnReminder('missing')
  async missing(): Promise<void> {
    throw new NotFoundException();
  }

  @OnReminder('conflict')
  async conflict(): Promise<void> {
    throw new ConflictException();
  }

  async byCallback(...args: unknown[]): Promise<void> {
    seen.push(['byCallback', ...args]);
  }

  async schedule(): Promise<unknown> {
    await this.timers.set('tick', { dueTime: '5s', data: { n: 1 } });
    await this.timers.set('late', { dueTime: '1h', callback: 'byCallback' });
    await this.timers.remove('late');
    await this.reminders.set('wake', { dueTime: '24h', data: ['up'] });
    const reminder = await this.reminders.get('wake');
    const none = await this.reminders.get('none');
    await this.reminders.set('gone', { dueTime: '1h' });
    await this.reminders.remove('gone');
    return { reminder, none: none ?? 'none' };
  }

  async scheduleBadly(): Promise<void> {
    await this.reminders.set('wake', { dueTime: 'soon' });
  }
}

let app: ActorApp;
afterEach(() => app.close());

async function clockworkApp(): Promise<void> {
  app = await startActorApp({ providers: [ClockworkActor] });
  seen.length = 0;
}

function fire(
  kind: 'timer' | 'reminder',
  name: string,
  body: unknown = {},
): ReturnType<ActorApp['call']> {
  return app.call('Clockwork', name, {
    kind,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('timers and reminders', () => {
  it('are set and removed through the actor, with what was given and nothing else [A13]', async () => {
    await clockworkApp();
    await expect(app.actor(ClockworkActor).schedule()).resolves.toEqual({
      reminder: {
        actorType: 'Clockwork',
        actorId: 'a',
        dueTime: '24h',
        data: ['up'],
      },
      none: 'none',
    });
    expect(Object.fromEntries(app.sidecar.scheduled)).toEqual({
      'Clockwork/a/timers/tick': { dueTime: '5s', data: { n: 1 } },
      'Clockwork/a/reminders/wake': { dueTime: '24h', data: ['up'] },
    });
  });

  it('with times that Dapr would refuse are refused in words', async () => {
    await clockworkApp();
    await expect(app.actor(ClockworkActor).scheduleBadly()).rejects.toThrow(
      /"soon" is no duration/,
    );
    expect(app.sidecar.requests).toEqual([]);
    expect(DaprBadRequestError.name).toBe('DaprBadRequestError');
  });

  it.each([
    [{ object: true }],
    [['array', 1]],
    ['text'],
    [0],
    [false],
    [''],
    [null],
  ])('hand over their data as it was set: %j [A15]', async (data) => {
    await clockworkApp();
    const answer = { status: 200, body: '' };
    const body = { data, dueTime: '', period: '' };
    await expect(fire('reminder', 'wake', body)).resolves.toMatchObject(answer);
    await expect(
      fire('timer', 'tick', { ...body, callback: '' }),
    ).resolves.toMatchObject(answer);
    expect(seen).toEqual([
      ['wake', data],
      ['tick', data],
    ]);
  });

  it('without data call with no argument [A15]', async () => {
    await clockworkApp();
    await fire('reminder', 'wake', { dueTime: '', period: '' });
    await fire('timer', 'tick', '');
    expect(seen).toEqual([['wake'], ['tick']]);
  });

  it('registered over gRPC come back with their data [A15]', async () => {
    await clockworkApp();
    const data = Buffer.from(
      '{"x-nestjs-dapr":1,"result":{"customer":"alice"}}',
    ).toString('base64');
    await fire('reminder', 'wake', { data });
    await fire('reminder', 'wake', {
      data: Buffer.from('plain').toString('base64'),
    });
    expect(seen).toEqual([
      ['wake', { customer: 'alice' }],
      ['wake', Buffer.from('plain').toString('base64')],
    ]);
  });

  it('store what their handlers set', async () => {
    await clockworkApp();
    await fire('timer', 'tick');
    await fire('timer', 'tock');
    expect(app.sidecar.stateOf('Clockwork/a')).toEqual({ ticks: 2 });
  });

  it('that fail answer 500 and store nothing, so that the failure policy acts [A12]', async () => {
    await clockworkApp();
    for (const kind of ['timer', 'reminder'] as const)
      await expect(fire(kind, 'broken')).resolves.toMatchObject({
        status: 500,
      });
    await expect(fire('reminder', 'missing')).resolves.toMatchObject({
      status: 500,
    });
    await expect(fire('reminder', 'conflict')).resolves.toMatchObject({
      status: 409,
    });
    expect(app.sidecar.requests).toEqual([]);
    expect(app.log.of('warn', 'reminder "missing"')).toHaveLength(1);
    await expect(fire('timer', 'tick')).resolves.toMatchObject({ status: 200 });
  });

  it('of a name without a handler go to the callback they name, else get a 400 that says what is missing [A14]', async () => {
    await clockworkApp();
    await fire('timer', 'other', { data: 1, callback: 'byCallback' });
    await fire('timer', 'tick', { data: 2, callback: 'byCallback' });
    expect(seen).toEqual([
      ['byCallback', 1],
      ['tick', 2],
    ]);
    for (const callback of ['', 'nope', 'tick', 'constructor'])
      await expect(fire('timer', 'other', { callback })).resolves.toMatchObject(
        {
          status: 400,
          body: expect.stringContaining("@OnTimer('other')"),
        },
      );
    await expect(fire('reminder', 'tick')).resolves.toMatchObject({
      status: 400,
      body: expect.stringContaining("@OnReminder('tick')"),
    });
  });

  it('with a broken body get a 400 [A11]', async () => {
    await clockworkApp();
    await expect(fire('timer', 'tick', '{x')).resolves.toMatchObject({
      status: 400,
    });
    await expect(fire('timer', 'tick', '"x"')).resolves.toMatchObject({
      status: 400,
    });
  });
});
