import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  ActorInvocationError,
  DaprBadRequestError,
  DaprClient,
  DaprError,
  DaprNotFoundError,
  DaprPermissionError,
  HttpMethod,
} from '../../lib/index.js';
import { scheduledData } from '../../lib/protocol/actor-envelope.js';
import { component } from '../conformance/components.js';
import { RecordingApp, type Answer } from '../conformance/recording-app.js';
import { until } from '../support/until.js';
import { describeParity } from './parity.js';

const app = new RecordingApp();
const TTL = `
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: config }
spec:
  features:
    - { name: ActorStateTTL, enabled: true }
`;
const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

beforeAll(async () => {
  app.on('GET /dapr/config', {
    body: {
      entities: ['Cart', 'CartItem', 'Deep', 'Post'],
      entitiesConfig: [
        { entities: ['Deep'], reentrancy: { enabled: true, maxStackDepth: 1 } },
      ],
    },
  });
  await app.listen();
});
afterAll(() => app.close());

describeParity(
  'actors',
  {
    appId: 'carts',
    app,
    config: TTL,
    resources: () =>
      component('state.in-memory', 'store', { actorStateStore: 'true' }),
  },
  (run) => {
    /** Each run has actors of its own. */
    const idOf = (name: string): string => `${run.protocol}-${name}`;
    /** Go leaves more as it is. */
    const endpointOf = (type: string, id: string, method: string): string =>
      `PUT /actors/${type}/${encodeURIComponent(id).replace(/%(2B|26|3D)/g, decodeURIComponent)}/method/${method}`;
    const answering = (id: string, method: string, answer: Answer): string => {
      const endpoint = endpointOf('Cart', id, method);
      app.on(endpoint, answer);
      return endpoint;
    };
    const activate = async (id: string): Promise<void> => {
      answering(id, 'touch', {});
      await run.client.actor.invoke('Cart', id, 'touch');
    };

    it.each<[string, unknown]>([
      ['an object', { b: [1, null], a: '<&>' }],
      ['a text', 'ünï "quoted"'],
      ['a text of digits', '123'],
      ['an empty text', ''],
      ['0', 0],
      ['false', false],
      ['null', null],
    ])('take %s, and give it back', async (name, value) => {
      const json = JSON.stringify(value);
      const id = idOf(name);
      const endpoint = answering(id, 'echo', {
        headers: { 'content-type': 'application/json' },
        body: json,
      });
      expect(await run.client.actor.invoke('Cart', id, 'echo', value)).toEqual(
        value,
      );
      expect((await app.next(endpoint)).text).toBe(json);
    });

    it('take nothing, and give nothing, by the older form, too', async () => {
      const endpoint = answering(idOf('nothing'), 'greet', {});
      const result = await run.client.actor.invoke(
        'PUT',
        'Cart',
        idOf('nothing'),
        'greet',
        'Hello World',
      );
      expect(result).toBeUndefined();
      expect((await app.next(endpoint)).text).toBe('"Hello World"');
      await run.client.actor.invoke('Cart', idOf('nothing'), 'greet');
      expect((await app.next(endpoint)).text).toBe('');
    });

    it.each(['GET', 'POST', 'PUT', 'DELETE'] as const)(
      'are called by the older form with %s, in either spelling',
      async (verb) => {
        const id = idOf(`older-${verb}`);
        const endpoint = answering(id, 'greet', {});
        const { actor } = run.client;
        for (const spelling of [verb, HttpMethod[verb]]) {
          await actor.invoke(spelling, 'Cart', id, 'greet', 'Hello');
          expect((await app.next(endpoint)).text).toBe('"Hello"');
        }
      },
    );

    it.each([HttpMethod.PATCH, HttpMethod.HEAD, HttpMethod.OPTIONS, 'PATCH'])(
      'are not called with the verb %s, which actors do not have',
      async (verb) => {
        const failed = run.client.actor.invoke(verb, 'Cart', 'a', 'greet');
        await expect(failed).rejects.toThrow(DaprBadRequestError);
        await expect(failed).rejects.toThrow(
          `actor.invoke Cart/a method "greet" failed: actors are called with GET, POST, PUT or DELETE, and not with ${verb.toUpperCase()}.`,
        );
      },
    );

    it('may have a type that is spelt like a verb, and take text', async () => {
      const id = idOf('post');
      const endpoint = endpointOf('Post', id, 'rename');
      app.on(endpoint, {});
      await run.client.actor.invoke('Post', id, 'rename', 'A title');
      expect((await app.next(endpoint)).text).toBe('"A title"');
    });

    it('get headers, the reentrancy id and the trace of the call that is served', async () => {
      const id = idOf('headers');
      const endpoint = endpointOf('Deep', id, 'look');
      app.on(endpoint, {});
      const client = new DaprClient(run.client.options, {
        scopeHeaders: (target) => ({
          traceparent: TRACE,
          ...(target === 'actor' && { 'dapr-reentrancy-id': 'chain-1' }),
        }),
      });
      await client.actor.request({
        actorType: 'Deep',
        actorId: id,
        method: 'look',
        body: Buffer.from('[1]'),
        headers: {
          'x-nestjs-dapr': '1',
          'x-custom': 'c',
          'Dapr-Api-Token': 'of the caller',
        },
      });
      await client.stop();
      const { headers, text } = await app.next(endpoint);
      expect(headers).not.toHaveProperty('dapr-api-token');
      expect(text).toBe('[1]');
      expect(headers).toMatchObject({
        'x-nestjs-dapr': '1',
        'x-custom': 'c',
        'dapr-api-call': 'true',
        'dapr-caller-app-id': 'carts',
        'dapr-reentrancy-id': 'chain-1',
        traceparent: TRACE,
      });
      // The message has no place for it.
      expect(headers['content-type']).toBe(
        run.protocol === 'HTTP' ? 'application/json' : undefined,
      );
    });

    it('give back an error that the app answers with, whatever its status', async () => {
      answering(idOf('failing'), 'fail', { status: 409, body: { a: 1 } });
      const failed = run.client.actor.invoke('Cart', idOf('failing'), 'fail');
      await expect(failed).rejects.toThrow(ActorInvocationError);
      await expect(failed).rejects.toMatchObject({
        status: 409,
        errorCode: 'ERR_ACTOR_INVOKE_METHOD',
        data: { a: 1 },
      });
    });

    it('tell of a method that is not there', async () => {
      const failed = run.client.actor.invoke('Cart', idOf('x'), 'nothing');
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_ACTOR_INVOKE_METHOD',
      });
    });

    it('tell of a type that nobody hosts', async () => {
      const failed = run.client.actor.invoke('Nobody', idOf('x'), 'm');
      await expect(failed).rejects.toThrow(DaprNotFoundError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_ACTOR_INVOKE_METHOD',
        status: run.protocol === 'HTTP' ? 500 : 400,
      });
    });

    it('tell of an application error, which nothing marks over gRPC', async () => {
      answering(idOf('marked'), 'fail', {
        headers: { 'x-daprerrorresponseheader': 'true' },
        body: { why: 'so' },
      });
      const ended = run.client.actor
        .invoke('Cart', idOf('marked'), 'fail')
        .catch((error: ActorInvocationError) => error.data);
      expect(await ended).toEqual({ why: 'so' });
    });

    it('refuse calls that go too deep', async () => {
      const id = idOf('deep');
      const held = endpointOf('Deep', id, 'hold');
      let release = (): void => undefined;
      app.on(
        held,
        () => new Promise((resolve) => (release = () => resolve({}))),
      );
      const call = {
        actorType: 'Deep',
        actorId: id,
        method: 'hold',
        headers: { 'dapr-reentrancy-id': `chain-${id}` },
      };
      const first = run.client.actor.request(call);
      await app.next(held);
      const second = run.client.actor.request(call);
      await expect(second).rejects.toThrow(DaprError);
      await expect(second).rejects.toMatchObject({
        errorCode: 'ERR_ACTOR_STACK_DEPTH',
      });
      release();
      await first;
    });

    it('keep state, all of a transaction or none', async () => {
      const id = idOf('state');
      await activate(id);
      const { actor } = run.client;
      const values = {
        object: { b: [1, null], a: '<&>' },
        digits: '123',
        empty: '',
        zero: 0,
        no: false,
        nothing: null,
        list: [],
      };
      await actor.stateTransaction(
        'Cart',
        id,
        Object.entries(values).map(([key, value]) => ({
          operation: 'upsert',
          request: { key, value },
        })),
      );
      for (const [key, value] of Object.entries(values))
        expect(await actor.stateGet('Cart', id, key)).toEqual(value);
      await actor.stateTransaction('Cart', id, [
        { operation: 'delete', request: { key: 'object' } },
      ]);
      expect(await actor.stateGet('Cart', id, 'object')).toBeUndefined();
      const mixed = actor.stateTransaction('Cart', id, [
        { operation: 'delete', request: { key: 'digits' } },
        { operation: 'increment' as 'delete', request: { key: 'digits' } },
      ]);
      await expect(mixed).rejects.toThrow(DaprError);
      expect(await actor.stateGet('Cart', id, 'digits')).toBe('123');
    });

    it('tell when a value of their state ends', async () => {
      const id = idOf('ttl');
      await activate(id);
      const { actor } = run.client;
      const before = Date.now();
      await actor.stateTransaction('Cart', id, [
        {
          operation: 'upsert',
          request: { key: 'k', value: 1, metadata: { ttlInSeconds: '100' } },
        },
      ]);
      const { value, expires } = await actor.stateGetWithExpiry(
        'Cart',
        id,
        'k',
      );
      expect(value).toBe(1);
      expect(expires?.getTime()).toBeGreaterThan(before + 98_000);
      expect(expires?.getTime()).toBeLessThan(Date.now() + 102_000);
    });

    it('keep no state while they are not active', async () => {
      const failed = run.client.actor.stateTransaction('Cart', idOf('away'), [
        { operation: 'upsert', request: { key: 'k', value: 1 } },
      ]);
      await expect(failed).rejects.toThrow(DaprBadRequestError);
      await expect(failed).rejects.toMatchObject({
        errorCode: 'ERR_ACTOR_INSTANCE_MISSING',
      });
    });

    it.each<[string, unknown]>([
      ['an object', { b: [1, null], a: '<&>' }],
      ['a text', 'ünï'],
      ['a text that is base64', 'eyJhIjoxfQ=='],
      ['0', 0],
      ['null', null],
      ['nothing', undefined],
    ])('are reminded with %s', async (name, data) => {
      const id = idOf(`reminded ${name}`);
      const { actor } = run.client;
      const endpoint = answering(id, 'remind/r', {});
      await actor.reminderCreate('Cart', id, 'r', {
        dueTime: '0s',
        period: '1h',
        data,
      });
      const { json } = await app.next(endpoint);
      expect(scheduledData((json as { data?: unknown }).data)).toEqual(data);
      const read = await actor.reminderGet('Cart', id, 'r');
      expect(read).toEqual({
        actorType: 'Cart',
        actorId: id,
        dueTime: '0s',
        period: '@every 1h0m0s',
        ...(data !== undefined && { data }),
      });
      expect(await actor.reminderList('Cart', id)).toEqual([
        { ...read, name: 'r' },
      ]);
      await actor.reminderDelete('Cart', id, 'r');
      const gone = actor.reminderGet('Cart', id, 'r');
      await expect(gone).rejects.toThrow(DaprNotFoundError);
      await expect(gone).rejects.toMatchObject({
        errorCode: 'ERR_ACTOR_REMINDER_NOT_FOUND',
        status: 404,
      });
    });

    it('have reminders listed and deleted, one by one, of one actor, of a type', async () => {
      const { actor } = run.client;
      const [one, other] = [idOf('list-1'), idOf('list-2')];
      const later = { dueTime: '1h', data: 'x' } as const;
      await actor.reminderCreate('CartItem', one, 'a', later);
      await actor.reminderCreate('CartItem', one, 'b', later);
      await actor.reminderCreate('CartItem', other, 'a', later);
      const list = async (id?: string): Promise<string[]> =>
        (await actor.reminderList('CartItem', id))
          .map(({ actorId, name, data }) => `${actorId} ${name} ${data}`)
          .sort();
      expect(await list()).toEqual([
        `${one} a x`,
        `${one} b x`,
        `${other} a x`,
      ]);
      expect(await list(one)).toEqual([`${one} a x`, `${one} b x`]);
      await actor.reminderDeleteByType('CartItem', one);
      expect(await list()).toEqual([`${other} a x`]);
      await actor.reminderDeleteByType('CartItem');
      expect(await list()).toEqual([]);
    });

    it('have a reminder replaced, unless it must not be', async () => {
      const { actor } = run.client;
      const id = idOf('overwritten');
      await actor.reminderCreate('Cart', id, 'r', { dueTime: '1h' });
      await actor.reminderCreate('Cart', id, 'r', { dueTime: '2h' });
      const refused = actor.reminderCreate('Cart', id, 'r', {
        dueTime: '3h',
        overwrite: false,
      });
      await expect(refused).rejects.toMatchObject({
        errorCode: 'ERR_ACTOR_REMINDER_ALREADY_EXISTS',
        status: 409,
      });
      const { dueTime } = await actor.reminderGet('Cart', id, 'r');
      expect(dueTime).toBe('2h');
    });

    it('have no reminder where their type is hosted by others only', async () => {
      const refused = run.client.actor.reminderCreate('Other', 'x', 'r', {
        dueTime: '1h',
      });
      await expect(refused).rejects.toThrow(DaprPermissionError);
      await expect(refused).rejects.toMatchObject({
        errorCode: 'ERR_ACTOR_REMINDER_NON_HOSTED',
        status: 403,
      });
    });

    it('are reminded again after a failure as the policy says', async () => {
      const { actor } = run.client;
      const calls = (name: string): number =>
        app.received(endpointOf('Cart', idOf(name), 'remind/r')).length;
      const policies = {
        dropped: { drop: true },
        twice: { constant: { interval: '50ms', maxRetries: 2 } },
        endless: { constant: { interval: '20ms' } },
      } as const;
      for (const [name, failurePolicy] of Object.entries(policies)) {
        answering(idOf(name), 'remind/r', { status: 500 });
        await actor.reminderCreate('Cart', idOf(name), 'r', {
          dueTime: '0s',
          failurePolicy,
        });
      }
      await until(() => calls('twice') === 3);
      // By then the default policy would have called again.
      const fence = answering(idOf('fence'), 'remind/r', {});
      await actor.reminderCreate('Cart', idOf('fence'), 'r', {
        dueTime: '1500ms',
      });
      await app.next(fence);
      expect(calls('dropped')).toBe(1);
      expect(calls('twice')).toBe(3);
      await until(() => calls('endless') > 6);
      await actor.reminderDelete('Cart', idOf('endless'), 'r');
    });

    it.each<[string, unknown]>([
      ['an object', { b: [1, null], a: '<&>' }],
      ['a text', 'ünï'],
      ['nothing', undefined],
    ])('get timers with %s', async (name, data) => {
      const { actor } = run.client;
      const id = idOf(`timed ${name}`);
      const endpoint = answering(id, 'timer/t', {});
      await activate(id);
      await actor.timerCreate('Cart', id, 't', {
        callback: 'onTick',
        dueTime: '50ms',
        period: '1h',
        data,
      });
      const body = (await app.next(endpoint)).json as Record<string, unknown>;
      expect(body).toMatchObject({
        callback: 'onTick',
        dueTime: '50ms',
        period: '1h',
      });
      expect(scheduledData(body['data'])).toEqual(data);
      await actor.timerDelete('Cart', id, 't');
    });

    it('may have any id and key that Dapr allows', async () => {
      const { actor } = run.client;
      const id = idOf('ä b+c&d=e');
      await activate(id);
      await actor.stateTransaction('Cart', id, [
        { operation: 'upsert', request: { key: 'k ü+/?#', value: 'v' } },
      ]);
      expect(await actor.stateGet('Cart', id, 'k ü+/?#')).toBe('v');
      await actor.reminderCreate('Cart', id, 'r ü+', { dueTime: '1h' });
      expect((await actor.reminderGet('Cart', id, 'r ü+')).actorId).toBe(id);
      await actor.reminderDelete('Cart', id, 'r ü+');
    });

    it('have no names with a slash', async () => {
      const refused = run.client.actor.invoke('Cart', 'a/b', 'm');
      await expect(refused).rejects.toThrow(DaprBadRequestError);
      await expect(refused).rejects.toMatchObject({
        errorCode: 'ERR_BAD_REQUEST',
        status: 400,
      });
    });

    it('are not called with what can’t be meant', async () => {
      const { actor } = run.client;
      const wrong = [
        () => actor.invoke('', 'x', 'm'),
        () => actor.invoke('Cart', '', 'm'),
        () => actor.invoke('Cart', 'x', ''),
        () => actor.invoke('Cart', 'x', 'm', 1n),
        () => actor.stateGet('Cart', 'x', ''),
        () => actor.reminderCreate('Cart', 'x', '', { dueTime: '1s' }),
        () => actor.reminderCreate('Cart', 'x', 'r', {}),
        () =>
          actor.reminderCreate('Cart', 'x', 'r', { dueTime: '1s', data: 1n }),
        () => actor.timerCreate('Cart', 'x', 't', { period: '-1s' }),
        () =>
          actor.reminderCreate('Cart', 'x', 'r', {
            dueTime: '1s',
            failurePolicy: { constant: { maxRetries: -1 } },
          }),
      ];
      for (const call of wrong)
        await expect(call()).rejects.toThrow(DaprBadRequestError);
    });

    it('end with their signal', async () => {
      const id = idOf('aborted');
      const endpoint = endpointOf('Cart', id, 'hang');
      let release = (): void => undefined;
      app.on(
        endpoint,
        () => new Promise((resolve) => (release = () => resolve({}))),
      );
      const abort = new AbortController();
      const hanging = run.client.actor.invoke('Cart', id, 'hang', undefined, {
        signal: abort.signal,
      });
      await app.next(endpoint);
      abort.abort(new Error('enough'));
      await expect(hanging).rejects.toThrow('enough');
      release();
    });
  },
);
