import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBacking, type Backing } from '../support/backing.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { component, resources } from './components.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

describe('a lock store', () => {
  let backing: Backing;
  let sidecar: Sidecar;
  let other: Sidecar;

  beforeAll(async () => {
    backing = await startBacking('redis');
    const stores = resources(
      backing.component('lock', 'locks'),
      backing.component('lock', 'shared', { keyPrefix: 'none' }),
    );
    sidecar = await startSidecar({ appId: 'one', resources: stores });
    other = await startSidecar({
      appId: 'two',
      resources: stores,
      beside: sidecar,
    });
  });
  afterAll(async () => {
    await other?.stop();
    await sidecar?.stop();
    await backing?.stop();
  });

  const post = (
    path: string,
    body: unknown,
    by: Sidecar = sidecar,
  ): Promise<WireAnswer> => call(by, 'POST', `/v1.0-alpha1/${path}`, body);
  const lock = (
    resourceId: string,
    lockOwner: string,
    expiryInSeconds = 60,
    store = 'locks',
    by?: Sidecar,
  ): Promise<WireAnswer> =>
    post(`lock/${store}`, { resourceId, lockOwner, expiryInSeconds }, by);
  const unlock = (resourceId: string, lockOwner: string): Promise<WireAnswer> =>
    post('unlock/locks', { resourceId, lockOwner });

  it('gives a lock to one owner at a time, and to none twice', async () => {
    const answer = await lock('r', 'a');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.text).toBe('{"success":true}');
    expect((await lock('r', 'b')).text).toBe('{"success":false}');
    expect((await lock('r', 'a')).text).toBe('{"success":false}');
  });

  it('tells what the release of a lock came to', async () => {
    await lock('u', 'a');
    const answer = await unlock('u', 'b');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.text).toBe('{"status":2}');
    expect((await unlock('u', 'a')).text).toBe('{"status":0}');
    expect((await unlock('u', 'a')).text).toBe('{"status":1}');
    expect((await lock('u', 'b')).text).toBe('{"success":true}');
  });

  it('takes a lock back when its time is over', async () => {
    await lock('e', 'a', 1);
    await until(async () => (await unlock('e', 'x')).text === '{"status":1}');
    expect((await lock('e', 'b')).text).toBe('{"success":true}');
  });

  it('gives each app locks of its own', async () => {
    expect((await lock('own', 'a')).json).toEqual({ success: true });
    expect((await lock('own', 'b', 60, 'locks', other)).json).toEqual({
      success: true,
    });
  });

  it('gives all apps the same locks where there is no key prefix', async () => {
    expect((await lock('s', 'a', 60, 'shared')).json).toEqual({
      success: true,
    });
    expect((await lock('s', 'b', 60, 'shared', other)).json).toEqual({
      success: false,
    });
  });

  it.each<[string, unknown]>([
    [
      'snake_case',
      { resource_id: 'f1', lock_owner: 'o', expiry_in_seconds: 1 },
    ],
    [
      'unknown members',
      { resourceId: 'f2', lockOwner: 'o', expiryInSeconds: 1, x: { y: [1] } },
    ],
    [
      'a number as text',
      { resourceId: 'f3', lockOwner: 'o', expiryInSeconds: '30' },
    ],
    [
      'a number with an exponent',
      '{"resourceId":"f4","lockOwner":"o","expiryInSeconds":1e2}',
    ],
    [
      'an owner with bars',
      { resourceId: 'f5', lockOwner: 'o||x', expiryInSeconds: 1 },
    ],
    [
      'another store in the body',
      { resourceId: 'f6', lockOwner: 'o', expiryInSeconds: 1, storeName: 'x' },
    ],
  ])('takes %s', async (_what, body) => {
    const answer = await post('lock/locks', body);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ success: true });
  });

  const body = 'failed deserializing HTTP body: proto: ';
  it.each<[string, unknown, string]>([
    [
      'no expiry',
      { resourceId: 'm', lockOwner: 'o' },
      'ExpiryInSeconds is not positive in lock store locks',
    ],
    [
      'a negative expiry',
      { resourceId: 'm', lockOwner: 'o', expiryInSeconds: -1 },
      'ExpiryInSeconds is not positive in lock store locks',
    ],
    [
      'no resource',
      { lockOwner: 'o', expiryInSeconds: 1 },
      'ResourceId is empty in lock store locks',
    ],
    [
      'a resource that is null',
      { resourceId: null, lockOwner: 'o', expiryInSeconds: 1 },
      'ResourceId is empty in lock store locks',
    ],
    [
      'no owner',
      { resourceId: 'm', expiryInSeconds: 1 },
      'LockOwner is empty in lock store locks',
    ],
    ['no body', '', 'ExpiryInSeconds is not positive in lock store locks'],
    ['no JSON', '{x', `${body}syntax error (line 1:2): invalid value x`],
    ['an array', '[]', `${body}syntax error (line 1:1): unexpected token [`],
    ['half a body', '{"resourceId":"m"', `${body}unexpected EOF`],
    [
      'two bodies',
      '{"resourceId":"m"} {}',
      `${body}syntax error (line 1:20): unexpected token {`,
    ],
    [
      'a resource that is a number',
      '{"resourceId":5}',
      `${body}(line 1:15): invalid value for string field resourceId: 5`,
    ],
    [
      'half a second',
      '{\n "expiryInSeconds": 0.5}',
      `${body}(line 2:21): invalid value for int32 field expiryInSeconds: 0.5`,
    ],
    [
      'too many seconds',
      '{"expiryInSeconds":3000000000}',
      `${body}(line 1:20): invalid value for int32 field expiryInSeconds: 3000000000`,
    ],
    [
      'a resource twice',
      '{"resourceId":"m","resource_id":"n"}',
      `${body}(line 1:19): duplicate field "resource_id"`,
    ],
  ])('refuses %s', async (_what, request, message) => {
    const answer = await post('lock/locks', request);
    expect(errorOf(answer)).toEqual({
      status: 400,
      errorCode: 'ERR_MALFORMED_REQUEST',
    });
    expect(messageOf(answer)).toBe(message);
  });

  it.each([
    ['lock', 'ERR_TRY_LOCK', 'failed to try acquiring lock'],
    ['unlock', 'ERR_UNLOCK', 'failed to release lock'],
  ])(
    'refuses a resource with bars: %s',
    async (operation, errorCode, message) => {
      const answer = await post(`${operation}/locks`, {
        resourceId: 'a||b',
        lockOwner: 'o',
        ...(operation === 'lock' && { expiryInSeconds: 1 }),
      });
      expect(errorOf(answer)).toEqual({ status: 500, errorCode });
      expect(messageOf(answer)).toBe(
        `${message}: input key/keyPrefix 'a||b' can't contain '||'`,
      );
    },
  );

  it.each(['lock', 'unlock'])(
    'that is not there is answered 400: %s',
    async (operation) => {
      const request = { resourceId: 'r', lockOwner: 'o', expiryInSeconds: 1 };
      const answer = await post(`${operation}/nope`, request);
      expect(errorOf(answer)).toEqual({
        status: 400,
        errorCode: 'ERR_LOCK_STORE_NOT_FOUND',
      });
      expect(messageOf(answer)).toBe('lock store nope not found');
    },
  );

  it('is not there under v1.0', async () => {
    const answer = await call(sidecar, 'POST', '/v1.0/lock/locks', {});
    expect(errorOf(answer)).toEqual({
      status: 404,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
  });
});

describe('a sidecar without lock stores', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(() => sidecar?.stop());

  it.each(['lock', 'unlock'])('says so: %s', async (operation) => {
    const answer = await call(sidecar, 'POST', `/v1.0-alpha1/${operation}/x`, {
      resourceId: 'r',
      lockOwner: 'o',
      expiryInSeconds: 1,
    });
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_LOCK_STORE_NOT_CONFIGURED',
    });
    expect(messageOf(answer)).toBe('lock store is not configured');
  });
});
