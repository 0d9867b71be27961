import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  ActorReminderOptions,
  ActorTimerOptions,
} from '../../../lib/client/actor.js';
import { DaprClient } from '../../../lib/client/dapr-client.js';
import { ActorInvocationError } from '../../../lib/errors/actor-invocation.error.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprNotFoundError } from '../../../lib/errors/dapr-not-found.error.js';
import { DaprPermissionError } from '../../../lib/errors/dapr-permission.error.js';
import { headerOf } from '../../../lib/protocol/headers.js';
import {
  startRecordedSidecar,
  type RecordedSidecar,
} from './recorded-sidecar.js';

describe('client.actor', () => {
  let sidecar: RecordedSidecar;
  let client: DaprClient;

  beforeAll(async () => {
    sidecar = await startRecordedSidecar();
    client = new DaprClient({ httpEndpoint: sidecar.url });
  });

  afterAll(async () => {
    await client.stop();
    await sidecar.close();
  });

  it('calls a method with its argument as bare JSON', async () => {
    sidecar.answerWith('method called with POST');
    const result = await client.actor.invoke('Plain', '1', 'echo', { a: 1 });
    expect(result).toEqual({ ok: true });
    const { method, url, headers, body } = sidecar.requests.at(-1)!;
    expect([method, url]).toEqual(['POST', '/v1.0/actors/Plain/1/method/echo']);
    expect(headers['content-type']).toBe('application/json');
    expect(`${body}`).toBe('{"a":1}');
  });

  it('calls a method without an argument with an empty body', async () => {
    const result = sidecar.play('method answered 200 text with a header', () =>
      client.actor.invoke('Plain', '1', 'echo'),
    );
    expect(await result).toBe('plain');
  });

  it('takes the older form, with a verb in front', async () => {
    sidecar.answerWith('method called with POST');
    await client.actor.invoke('PUT', 'Plain', '1', 'echo', 'Hello');
    const { url, body } = sidecar.requests.at(-1)!;
    expect(url).toBe('/v1.0/actors/Plain/1/method/echo');
    expect(`${body}`).toBe('"Hello"');
  });

  it.each([[0], [false], [''], [null]])(
    'hands a method %j as it is [C5]',
    async (argument) => {
      sidecar.answerWith('method called with POST');
      await client.actor.invoke('Plain', '1', 'echo', argument);
      const { body } = sidecar.requests.at(-1)!;
      expect(JSON.parse(`${body}`)).toBe(argument);
    },
  );

  it('encodes every part of the path [C4]', async () => {
    sidecar.answerWith('method called with POST');
    await client.actor.invoke('A/B', 'ü #1?', 'a+b');
    expect(sidecar.requests.at(-1)?.url).toBe(
      '/v1.0/actors/A%2FB/%C3%BC%20%231%3F/method/a%2Bb',
    );
  });

  it('gives raw bodies and headers on request', async () => {
    sidecar.answerWith('method answered 200 text with a header');
    const answer = await client.actor.request({
      actorType: 'Plain',
      actorId: '1',
      method: 'echo',
      body: '[1,2]',
      headers: { 'x-nestjs-dapr-args': '1' },
    });
    expect(`${answer.body}`).toBe('plain');
    expect(headerOf(answer.headers, 'x-app')).toBe('v');
    expect(sidecar.requests.at(-1)).toMatchObject({
      headers: {
        'x-nestjs-dapr-args': '1',
        'content-type': 'application/json',
      },
      body: Buffer.from('[1,2]'),
    });
  });

  it('rejects where the actor failed, its answer in data and not in the message', async () => {
    const failed = sidecar.play('method answered 500', () =>
      client.actor.invoke('Plain', '1', 'echo', 1),
    );
    await expect(failed).rejects.toThrow(ActorInvocationError);
    await expect(failed).rejects.toMatchObject({
      message:
        'actor.invoke Plain/1 method "echo" failed: the application that hosts the actor answered with status 500 instead of 200.',
      status: 500,
      data: { error: 'e500' },
    });
  });

  it('rejects where the actor marked its answer as an error', async () => {
    const failed = sidecar.play(
      'method answered 200 with X-DaprErrorResponseHeader',
      () => client.actor.invoke('Plain', '1', 'echo'),
    );
    await expect(failed).rejects.toThrow(ActorInvocationError);
    await expect(failed).rejects.toMatchObject({
      data: { error: 'app error' },
    });
  });

  it.each([
    ['method answered 404', 'Plain', 1],
    ['unknown actor type', 'Nope', undefined],
  ])('rejects for what is not there: %s [C3]', async (name, type, argument) => {
    const failed = sidecar.play(name, () =>
      client.actor.invoke(type, '1', 'echo', argument),
    );
    await expect(failed).rejects.toThrow(DaprNotFoundError);
  });

  it('rejects where daprd has no placement service, and says so [C3]', async () => {
    sidecar.answerWith('actor method without placement');
    const failed = client.actor.invoke('T', '1', 'm');
    await expect(failed).rejects.toThrow(DaprBadRequestError);
    await expect(failed).rejects.toThrow(/--placement-host-address/);
  });

  it('reads state, and tells an absent key', async () => {
    const got = sidecar.play('state get', () =>
      client.actor.stateGet('Plain', '1', 'k'),
    );
    expect(await got).toEqual({ a: '<', b: 1 });
    const absent = sidecar.play('state get of an absent key', () =>
      client.actor.stateGet('Plain', '1', 'k'),
    );
    expect(await absent).toBeUndefined();
  });

  it('writes state in one transaction', async () => {
    sidecar.answerWith('state transaction with delete');
    const operations = [
      { operation: 'delete', request: { key: 'k2' } },
      { operation: 'upsert', request: { key: 'n', value: null } },
    ] as const;
    await client.actor.stateTransaction('Plain', '1', operations);
    const { method, url, body } = sidecar.requests.at(-1)!;
    expect([method, url]).toEqual(['POST', '/v1.0/actors/Plain/1/state']);
    expect(JSON.parse(`${body}`)).toEqual(operations);
  });

  it('rejects a write of an actor that is not active', async () => {
    const written = sidecar.play(
      'state transaction on an instance that is not active',
      () =>
        client.actor.stateTransaction('Plain', 'neverseen', [
          { operation: 'upsert', request: { key: 'k', value: 1 } },
        ]),
    );
    await expect(written).rejects.toThrow(DaprBadRequestError);
    await expect(written).rejects.toThrow(/while the actor is active/);
  });

  it('sets a timer', async () => {
    await sidecar.play('timer: dueTime and period with data and callback', () =>
      client.actor.timerCreate('Plain', 't1', 'tm', {
        dueTime: '300ms',
        period: '400ms',
        data: { b: 1, a: '<x>' },
        callback: 'cbname',
      }),
    );
  });

  it('sets, reads and deletes a reminder', async () => {
    await sidecar.play('reminder: dueTime and period with data', () =>
      client.actor.reminderCreate('Plain', 'r1', 'rm', {
        dueTime: '500ms',
        period: '1s',
        data: { b: 1, a: '<x>&' },
      }),
    );
    const got = sidecar.play('reminder get: dueTime and period with data', () =>
      client.actor.reminderGet('Plain', 'r1', 'rm'),
    );
    expect(await got).toEqual({
      actorId: 'r1',
      actorType: 'Plain',
      data: { b: 1, a: '<x>&' },
      dueTime: '500ms',
      period: '@every 1s',
    });
    await sidecar.play('reminder PUT deleted', () =>
      client.actor.reminderDelete('Plain', 'r1', 'rput'),
    );
  });

  it('rejects for a reminder that is not there', async () => {
    const got = sidecar.play('reminder get after the only fire', () =>
      client.actor.reminderGet('Plain', 'r1', 'rd'),
    );
    await expect(got).rejects.toThrow(DaprNotFoundError);
  });

  it('rejects for reminders of a type that the app does not host', async () => {
    const got = sidecar.play('reminder get on a type not hosted', () =>
      client.actor.reminderGet('Nope', '1', 'x'),
    );
    await expect(got).rejects.toThrow(DaprPermissionError);
  });

  // Temporal.Duration as far as the client looks at it.
  const temporal = { toString: () => 'PT90S' };

  it.each<[string, ActorTimerOptions, object]>([
    ['P1DT2H', { dueTime: 'P1DT2H' }, { dueTime: 'P1DT2H' }],
    ['PT0.5S', { dueTime: 'PT0.5S' }, { dueTime: '500ms' }],
    ['1h30m', { period: '1h30m' }, { period: '1h30m' }],
    ['{ hours: 1 }', { dueTime: { hours: 1 } }, { dueTime: '1h0m0s' }],
    ['a Temporal.Duration', { period: temporal }, { period: 'PT90S' }],
    ['P1M', { dueTime: '0s', period: 'P1M' }, { dueTime: '0s', period: 'P1M' }],
    [
      'a Date',
      { dueTime: new Date(0) },
      { dueTime: '1970-01-01T00:00:00.000Z' },
    ],
  ])(
    'sends a timer of %s in a form that Dapr takes [C16]',
    async (_, timer, wire) => {
      sidecar.answerWith('timer: dueTime and period with data and callback');
      await client.actor.timerCreate('Plain', '1', 't', timer);
      expect(JSON.parse(`${sidecar.requests.at(-1)?.body}`)).toEqual(wire);
    },
  );

  it.each<[string, ActorReminderOptions]>([
    ['P1M', { dueTime: '0s', period: 'P1M' }],
    ['nothing at all', {}],
    ['a ttl without a period', { dueTime: '1s', ttl: '1h' }],
    ['words', { dueTime: 'tomorrow' }],
  ])('refuses a reminder of %s before the call [C16]', async (_, reminder) => {
    const before = sidecar.requests.length;
    const created = client.actor.reminderCreate('Plain', '1', 'r', reminder);
    await expect(created).rejects.toThrow(DaprBadRequestError);
    await expect(created).rejects.toThrow(
      /^actor\.reminderCreate Plain\/1 reminder "r" failed: /,
    );
    expect(sidecar.requests.length).toBe(before);
  });
});
