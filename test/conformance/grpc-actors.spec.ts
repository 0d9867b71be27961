import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesOfAny } from '../../lib/protocol/bytes-value.js';
import type { ActorReminder } from '../../lib/protocol/proto/generated/actors.js';
import type {
  RequestOf,
  UnaryMethod,
} from '../../lib/protocol/proto/methods.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { component } from './components.js';
import { grpcCall, type GrpcAnswer } from './grpc-wire.js';
import { RecordingApp } from './recording-app.js';
import { call } from './wire.js';

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const NONE = Buffer.alloc(0);

/** How a call ended, without what it gave. */
const ended = ({ code, message, details }: GrpcAnswer<unknown>): object => ({
  code,
  message,
  ...(details.length > 0 && { details }),
});
const OK = { code: 0, message: '' };

describe('the actors API over gRPC', () => {
  const app = new RecordingApp();
  let sidecar: Sidecar;

  beforeAll(async () => {
    app.on('GET /dapr/config', {
      body: {
        entities: ['Cart', 'Deep'],
        entitiesConfig: [
          {
            entities: ['Deep'],
            reentrancy: { enabled: true, maxStackDepth: 1 },
          },
        ],
      },
    });
    await app.listen();
    sidecar = await startSidecar({
      appId: 'carts',
      app,
      resources: component('state.in-memory', 'store', {
        actorStateStore: 'true',
      }),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await app.close();
  });

  const endpointOf = (path: string): string => {
    const [type, id, ...method] = path.split('/');
    return `PUT /actors/${type}/${id}/method/${method.join('/')}`;
  };
  const invoke = (
    path: string,
    data: string | Buffer = '',
    metadata: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) => {
    const [actorType = '', actorId = '', method = ''] = path.split('/');
    const request = { actorType, actorId, method, metadata };
    return grpcCall(
      sidecar,
      'invokeActor',
      { ...request, data: Buffer.from(data as string) },
      headers,
    );
  };
  const active = async (actorId: string) => {
    app.on(endpointOf(`Cart/${actorId}/touch`), {});
    await invoke(`Cart/${actorId}/touch`);
    return { actorType: 'Cart', actorId };
  };

  describe('calls a method', () => {
    it('with the headers of the message, and gives the body', async () => {
      const endpoint = endpointOf('Cart/1/echo');
      app.on(endpoint, { headers: { 'x-app': 'a' }, body: '"result"' });
      const answer = await invoke('Cart/1/echo', 'x', {
        'X-Custom': 'c',
        'content-type': 'text/plain',
        'dapr-caller-app-id': 'forged',
        'some-bin': 'b',
        traceparent: TRACE,
      });
      expect(ended(answer)).toEqual(OK);
      expect(answer.response?.data.toString()).toBe('"result"');
      const { headers, text } = await app.next(endpoint);
      expect(text).toBe('x');
      expect(headers).toMatchObject({
        'x-custom': 'c',
        'dapr-api-call': 'true',
        'dapr-caller-app-id': 'carts',
        'dapr-caller-namespace': 'default',
        traceparent: TRACE,
      });
      expect(headers).not.toHaveProperty('content-type');
      expect(headers).not.toHaveProperty('some-bin');
      expect(headers).not.toHaveProperty('dapr-reentrancy-id');
    });

    it('with none of the headers of the call itself', async () => {
      const endpoint = endpointOf('Cart/1/bare');
      app.on(endpoint, {});
      const answer = await invoke('Cart/1/bare', '', {}, { 'x-meta': 'm' });
      expect(answer.response?.data).toEqual(NONE);
      const { headers } = await app.next(endpoint);
      expect(headers).not.toHaveProperty('x-meta');
    });

    it('in the chain whose id it has, by one spelling only', async () => {
      const endpoint = endpointOf('Deep/1/look');
      app.on(endpoint, {});
      await invoke('Deep/1/look', '', { 'Dapr-Reentrancy-Id': 'chain' });
      const { headers } = await app.next(endpoint);
      expect(headers['dapr-reentrancy-id']).toBe('chain');
    });

    it('that goes too deep', async () => {
      const endpoint = endpointOf('Deep/2/hold');
      let release = (): void => undefined;
      app.on(
        endpoint,
        () => new Promise((resolve) => (release = () => resolve({}))),
      );
      const chain = { 'Dapr-Reentrancy-Id': 'chain' };
      const first = invoke('Deep/2/hold', '', chain);
      await app.next(endpoint);
      expect(ended(await invoke('Deep/2/hold', '', chain))).toEqual({
        code: 8,
        message: 'maximum stack depth exceeded',
      });
      release();
      expect((await first).code).toBe(0);
    });

    it('that the application marks as failed, which nobody sees', async () => {
      app.on(endpointOf('Cart/1/marked'), {
        headers: { 'x-daprerrorresponseheader': 'true' },
        body: '"why"',
      });
      const answer = await invoke('Cart/1/marked');
      expect(ended(answer)).toEqual(OK);
      expect(answer.response?.data.toString()).toBe('"why"');
    });

    it('that fails', async () => {
      app.on(endpointOf('Cart/1/fail'), { status: 409, body: { a: 1 } });
      expect(ended(await invoke('Cart/1/fail'))).toEqual({
        code: 13,
        message:
          'error invoke actor method: error from actor service: (409) {"a":1}',
      });
      expect(ended(await invoke('Cart/1/nothing'))).toEqual({
        code: 13,
        message:
          'error invoke actor method: actor method not found: actors/Cart/1/method/nothing',
      });
    });

    it.each(['Nobody', 'dapr.internal.x'])(
      'of the type %s, which nobody hosts',
      async (type) => {
        expect(ended(await invoke(`${type}/1/m`))).toEqual({
          code: 9,
          message: `failed to lookup actor: api error: code = FailedPrecondition desc = did not find address for actor '${type}/1'`,
        });
      },
    );

    it('whose names can’t be', async () => {
      const address = { actorType: 'Cart', actorId: '1', method: 'm' };
      const wrong = (names: object) =>
        grpcCall(sidecar, 'invokeActor', {
          ...address,
          ...names,
          data: NONE,
          metadata: {},
        });
      const forbidden = 'name contains forbidden character: "a/b"';
      expect(ended(await wrong({ actorId: 'a/b' }))).toEqual({
        code: 3,
        message: `invalid actorId: ${forbidden}`,
      });
      expect(ended(await wrong({ actorType: 'a/b' }))).toEqual({
        code: 3,
        message: `invalid actorType: ${forbidden}`,
      });
      expect(ended(await wrong({ method: 'a?b' }))).toEqual({
        code: 3,
        message:
          'invalid actor method: method contains forbidden character: "a?b"',
      });
    });
  });

  describe('keeps state', () => {
    const get = (actor: RequestOf<'getActorState'>) =>
      grpcCall(sidecar, 'getActorState', actor);
    const transact = (
      actor: { actorType: string; actorId: string },
      ...operations: [type: string, key: string, value?: string][]
    ) =>
      grpcCall(sidecar, 'executeActorStateTransaction', {
        ...actor,
        operations: operations.map(([operationType, key, value]) => ({
          operationType,
          key,
          metadata: {},
          ...(value !== undefined && {
            value: { typeUrl: '', value: Buffer.from(value) },
          }),
        })),
      });

    it('as the bytes that it is given', async () => {
      const actor = await active('s1');
      expect(
        ended(await transact(actor, ['upsert', 'k', '{"b": 1, "a":2}'])),
      ).toEqual(OK);
      const { response } = await get({ ...actor, key: 'k' });
      expect(response?.data.toString()).toBe('{"b": 1, "a":2}');
      expect(response?.metadata).toEqual({});
      const http = await call(sidecar, 'GET', '/v1.0/actors/Cart/s1/state/k');
      expect(http.text).toBe('{"b": 1, "a":2}');
      expect(ended(await transact(actor, ['delete', 'k']))).toEqual(OK);
      const absent = await get({ ...actor, key: 'k' });
      expect(ended(absent)).toEqual(OK);
      expect(absent.response?.data).toEqual(NONE);
    });

    it('that was saved over HTTP, too', async () => {
      const actor = await active('s2');
      await call(sidecar, 'POST', '/v1.0/actors/Cart/s2/state', [
        { operation: 'upsert', request: { key: 'k', value: { a: '<' } } },
      ]);
      const { response } = await get({ ...actor, key: 'k' });
      expect(JSON.parse(response?.data.toString() ?? '')).toEqual({ a: '<' });
    });

    it('of active actors only', async () => {
      const actor = { actorType: 'Cart', actorId: 'never' };
      expect(ended(await transact(actor, ['upsert', 'k', '1']))).toEqual({
        code: 13,
        message: 'actor instance is missing',
      });
      expect(ended(await get({ ...actor, key: 'k' }))).toEqual(OK);
    });

    it('not for operations that it does not know, nor without a key', async () => {
      const actor = await active('s3');
      expect(
        ended(
          await transact(actor, ['upsert', 'k', '1'], ['increment', 'k', '1']),
        ),
      ).toMatchObject({
        code: 12,
        message: 'operation type increment not supported',
      });
      expect(ended(await transact(actor, ['upsert', '', '1']))).toEqual({
        code: 13,
        message: 'error saving actor transaction state: missing key',
      });
      expect((await get({ ...actor, key: 'k' })).response?.data).toEqual(NONE);
    });

    it('for no time unless the feature is on', async () => {
      const actor = await active('s4');
      const answer = await grpcCall(sidecar, 'executeActorStateTransaction', {
        ...actor,
        operations: [
          {
            operationType: 'upsert',
            key: 'k',
            value: { typeUrl: '', value: Buffer.from('1') },
            metadata: { ttlInSeconds: '10' },
          },
        ],
      });
      expect(ended(answer)).toEqual({
        code: 13,
        message:
          'error saving actor transaction state: ttlInSeconds is not supported without the "ActorStateTTL" feature enabled',
      });
    });
  });

  describe('keeps reminders', () => {
    const reminder = (
      actorId: string,
      more: Partial<RequestOf<'registerActorReminder'>>,
    ) => ({
      actorType: 'Cart',
      actorId,
      name: 'r',
      dueTime: '',
      period: '',
      ttl: '',
      data: NONE,
      ...more,
    });
    const register = (
      actorId: string,
      more: Partial<RequestOf<'registerActorReminder'>>,
    ) => grpcCall(sidecar, 'registerActorReminder', reminder(actorId, more));
    const get = (actorId: string, name = 'r') =>
      grpcCall(sidecar, 'getActorReminder', {
        actorType: 'Cart',
        actorId,
        name,
      });
    const dataOf = (found: Pick<ActorReminder, 'data'> | undefined) =>
      found?.data && bytesOfAny(found.data).toString();

    it('whose data come as a text of base64', async () => {
      const endpoint = endpointOf('Cart/r1/remind/r');
      app.on(endpoint, {});
      const registered = await register('r1', {
        dueTime: '0s',
        period: '1h',
        data: Buffer.from('<>&?'),
      });
      expect(ended(registered)).toEqual(OK);
      const { text } = await app.next(endpoint);
      expect(text).toBe('{"data":"PD4mPw==","dueTime":"","period":""}');
      const { response } = await get('r1');
      expect(response).toMatchObject({
        actorType: 'Cart',
        actorId: 'r1',
        dueTime: '0s',
        period: '@every 1h0m0s',
        ttl: undefined,
        data: { typeUrl: 'type.googleapis.com/google.protobuf.BytesValue' },
      });
      expect(dataOf(response)).toBe('"PD4mPw=="');
      const path = '/v1.0/actors/Cart/r1/reminders/r';
      expect((await call(sidecar, 'GET', path)).json).toMatchObject({
        data: 'PD4mPw==',
      });
      await call(sidecar, 'DELETE', path);
      expect(ended(await get('r1'))).toEqual({
        code: 5,
        message: 'actor reminder not found: r',
      });
    });

    it('that were set over HTTP, with their JSON', async () => {
      await call(sidecar, 'POST', '/v1.0/actors/Cart/r2/reminders/r', {
        dueTime: '1h',
        data: { b: '<' },
      });
      const { response } = await get('r2');
      expect(JSON.parse(dataOf(response) ?? '')).toEqual({ b: '<' });
    });

    it('without data, and with an end', async () => {
      const ttl = '2100-01-02T03:04:05Z';
      await register('r3', { period: '24h', ttl });
      const { response } = await get('r3');
      expect(response).toMatchObject({ period: '@every 24h0m0s', ttl });
      expect(response?.data).toBeUndefined();
      expect(response?.dueTime).toBeUndefined();
    });

    it('which it lists, without their end', async () => {
      const later = {
        dueTime: '1h',
        period: '1h',
        ttl: '2100-01-02T03:04:05Z',
      };
      await register('l1', { ...later, name: 'b', data: Buffer.from('x') });
      await register('l1', { dueTime: '1h', name: 'a' });
      const list = (actorType: string, actorId?: string) =>
        grpcCall(sidecar, 'listActorReminders', { actorType, actorId });
      const { response } = await list('Cart', 'l1');
      expect(response?.reminders).toMatchObject([
        {
          name: 'a',
          reminder: { actorType: 'Cart', actorId: 'l1', dueTime: '1h' },
        },
        { name: 'b', reminder: { period: '@every 1h0m0s', ttl: undefined } },
      ]);
      expect(dataOf(response?.reminders[1]?.reminder)).toBe('"eA=="');
      const all = (await list('Cart')).response?.reminders ?? [];
      expect(all.length).toBeGreaterThan(2);
      expect((await list('Cart', 'l2')).response?.reminders).toEqual([]);
    });

    it('which it deletes, one by one or all of an actor, whether or not there are any', async () => {
      const actor = { actorType: 'Cart', actorId: 'd1' };
      const one = { ...actor, name: 'r' };
      await register('d1', { dueTime: '1h' });
      for (const _ of [1, 2])
        expect(
          ended(await grpcCall(sidecar, 'unregisterActorReminder', one)),
        ).toEqual(OK);
      await register('d1', { dueTime: '1h' });
      for (const _ of [1, 2])
        expect(
          ended(
            await grpcCall(sidecar, 'unregisterActorRemindersByType', actor),
          ),
        ).toEqual(OK);
      expect((await get('d1')).code).toBe(5);
    });

    it('once under a name where that is asked for', async () => {
      await register('o1', { dueTime: '1h' });
      const again = await register('o1', { dueTime: '2h', overwrite: false });
      expect(ended(again)).toEqual({
        code: 6,
        message: 'actor reminder already exists: r',
      });
    });

    it('of hosted types only', async () => {
      const other = { actorType: 'Other', actorId: '1' };
      const named = { ...other, name: 'r' };
      const refused = {
        code: 7,
        message:
          'operations on actor reminders are only possible on hosted actor types',
      };
      for (const answer of [
        await register('1', { actorType: 'Other', dueTime: '1h' }),
        await grpcCall(sidecar, 'getActorReminder', named),
        await grpcCall(sidecar, 'listActorReminders', other),
        await grpcCall(sidecar, 'unregisterActorReminder', named),
        await grpcCall(sidecar, 'unregisterActorRemindersByType', other),
      ])
        expect(ended(answer)).toEqual(refused);
    });

    it.each<[Partial<RequestOf<'registerActorReminder'>>, number, string]>([
      [
        { name: '', dueTime: '1h' },
        3,
        'invalid request: reminder name cannot be empty',
      ],
      [
        { name: 'a/b', dueTime: '1h' },
        3,
        'invalid request: name contains forbidden character: "a/b"',
      ],
      [
        {},
        13,
        'error creating actor reminder: rpc error: code = Unknown desc = job failed validation: job must have either a due time or a schedule',
      ],
      [
        { period: 'P1D' },
        13,
        'error creating actor reminder: unsupported period format: P1D',
      ],
    ])('but not %j', async (request, code, message) => {
      expect(ended(await register('w1', request))).toEqual({ code, message });
    });
  });

  describe('keeps timers', () => {
    const timer = {
      actorType: 'Cart',
      actorId: 't1',
      name: 't',
      dueTime: '0s',
      period: '',
      ttl: '',
      callback: 'onTick',
      data: Buffer.from('tb'),
    };

    it('whose data come as a text of base64', async () => {
      const endpoint = endpointOf('Cart/t1/timer/t');
      app.on(endpoint, {});
      expect(
        ended(await grpcCall(sidecar, 'registerActorTimer', timer)),
      ).toEqual(OK);
      const { text } = await app.next(endpoint);
      expect(text).toBe(
        '{"data":"dGI=","callback":"onTick","dueTime":"0s","period":""}',
      );
    });

    it('until they are deleted, whether or not there are any', async () => {
      const { actorType, actorId } = timer;
      const address = { actorType, actorId, name: 'later' };
      await grpcCall(sidecar, 'registerActorTimer', {
        ...timer,
        name: 'later',
        dueTime: '1h',
      });
      for (const _ of [1, 2])
        expect(
          ended(await grpcCall(sidecar, 'unregisterActorTimer', address)),
        ).toEqual(OK);
    });

    it('of hosted types only', async () => {
      const answer = await grpcCall(sidecar, 'registerActorTimer', {
        ...timer,
        actorType: 'Other',
      });
      expect(ended(answer)).toEqual({
        code: 13,
        message:
          "error creating actor timer: can't create timer for actor Other||t1: actor type not registered",
      });
    });

    it('but not with names and times that can’t be', async () => {
      const register = (more: object) =>
        grpcCall(sidecar, 'registerActorTimer', { ...timer, ...more });
      expect(ended(await register({ name: 'a/b' }))).toEqual({
        code: 3,
        message: 'invalid request: name contains forbidden character: "a/b"',
      });
      expect(ended(await register({ period: 'R0/PT1S' }))).toEqual({
        code: 13,
        message:
          'error creating actor timer: invalid timer period: has zero repetitions',
      });
    });
  });

  it('is closed for types of the workflow engine', async () => {
    const actor = { actorType: 'dapr.internal.x', actorId: '1' };
    const named = { ...actor, name: 'r' };
    const times = { dueTime: '1h', period: '', ttl: '', data: NONE };
    const calls: [UnaryMethod, object][] = [
      ['getActorState', { ...actor, key: 'k' }],
      ['executeActorStateTransaction', { ...actor, operations: [] }],
      ['registerActorReminder', { ...named, ...times }],
      ['getActorReminder', named],
      ['listActorReminders', actor],
      ['unregisterActorReminder', named],
      ['unregisterActorRemindersByType', actor],
      ['registerActorTimer', { ...named, ...times, callback: '' }],
      ['unregisterActorTimer', named],
    ];
    for (const [method, request] of calls)
      expect(ended(await grpcCall(sidecar, method, request as never))).toEqual({
        code: 7,
        message:
          'actor type "dapr.internal.x" is reserved for the Dapr workflow runtime; direct actor API access is not permitted',
      });
  });
});
