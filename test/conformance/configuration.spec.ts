import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBacking, type Backing } from '../support/backing.js';
import {
  valuesOf,
  type ConfigurationValues,
} from '../support/configuration-values.js';
import { startSidecar, type Sidecar } from '../support/sidecar.js';
import { until } from '../support/until.js';
import { component, resources } from './components.js';
import { RecordingApp, type Received } from './recording-app.js';
import { call, errorOf, messageOf, type WireAnswer } from './wire.js';

/** What a failed update does, told in the spec: two more attempts. */
const RETRIES = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: again }
spec:
  policies:
    retries: { again: { policy: constant, duration: 10ms, maxRetries: 2 } }
  targets:
    components: { retried: { inbound: { retry: again } } }
`;

describe('a configuration store', () => {
  const app = new RecordingApp();
  let backing: Backing;
  let sidecar: Sidecar;
  let values: ConfigurationValues;

  beforeAll(async () => {
    backing = await startBacking('redis');
    await app.listen();
    sidecar = await startSidecar({
      app,
      appToken: 'app-token',
      resources: resources(
        backing.component('configuration', 'conf'),
        backing.component('configuration', 'retried'),
        RETRIES,
      ),
    });
    values = valuesOf(sidecar, backing, 'conf');
  });
  afterAll(async () => {
    await sidecar?.stop();
    await backing?.stop();
    await app.close();
  });

  const get = (path: string): Promise<WireAnswer> =>
    call(sidecar, 'GET', `/v1.0/configuration/${path}`);
  const pathOf = (key: string, store = 'conf'): string =>
    `POST /configuration/${store}/${key}`;

  /** Resolves with the id of a subscription that is in effect: Redis begins to tell some time after the answer. */
  async function subscribed(...keys: string[]): Promise<string> {
    const answer = await get(
      `conf/subscribe?${keys.map((key) => `key=${key}`).join('&')}`,
    );
    const { id } = answer.json as { id: string };
    for (const key of keys)
      await until(async () => {
        await values.set(key, 'probe');
        return app.received(pathOf(key)).some(({ text }) => text.includes(id));
      });
    return id;
  }

  /** The updates of a key that tell of this value. */
  const told = (key: string, value: string): readonly Received[] =>
    app.received(pathOf(key)).filter(({ text }) => text.includes(value));

  describe('that is read', () => {
    it('gives what is there of the keys, with versions where they have some', async () => {
      await values.set('one', 'v1||1');
      await values.set('two', 'plain');
      await values.set('three', 'a||b||c');
      const answer = await get('conf?key=two&key=one&key=absent&key=three');
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.text).toBe(
        '{"one":{"value":"v1","version":"1"},"three":{"value":"a","version":"b"},"two":{"value":"plain"}}\n',
      );
    });

    it('gives all where no key is named', async () => {
      await values.set('all', '<&>');
      const answer = await get('conf');
      expect(answer.json).toMatchObject({ all: { value: '<&>' } });
      expect(answer.text).toContain('"\\u003c\\u0026\\u003e"');
    });

    it.each(['absent', 'empty', 'versioned', ''])(
      'answers 204 where there is nothing: %j',
      async (key) => {
        await values.set('empty', '');
        await values.set('versioned', '||1');
        const answer = await get(`conf?key=${key}`);
        expect(answer.status).toBe(204);
        expect(answer.text).toBe('');
      },
    );

    it('takes keys with any letters', async () => {
      await values.set('a/b c?#%+é', 'v');
      const answer = await get('conf?key=a%2Fb+c%3F%23%25%2B%C3%A9');
      expect(answer.json).toEqual({ 'a/b c?#%+é': { value: 'v' } });
    });

    it('answers under the older version of the API, too', async () => {
      await values.set('older', 'v');
      const path = '/v1.0-alpha1/configuration/conf?key=older';
      expect((await call(sidecar, 'GET', path)).json).toEqual({
        older: { value: 'v' },
      });
    });
  });

  describe('that is subscribed to', () => {
    it('posts each change to the app', async () => {
      const id = await subscribed('changed');
      await values.set('changed', 'new||2');
      await until(() => told('changed', 'new').length > 0);
      const [update] = told('changed', 'new');
      expect(update?.text).toBe(
        `{"id":"${id}","items":{"changed":{"value":"new","version":"2"}}}\n`,
      );
      expect(update?.headers).toMatchObject({
        'content-type': 'application/json',
        'dapr-api-token': 'app-token',
      });
      expect(update?.headers).not.toHaveProperty('traceparent');
    });

    it('tells nothing of other keys', async () => {
      await subscribed('mine');
      await values.set('theirs', 'quiet');
      await values.set('mine', 'loud');
      await until(() => told('mine', 'loud').length > 0);
      expect(app.received(pathOf('theirs'))).toEqual([]);
    });

    it('tells of a key that is gone, or empty, by an item without a value', async () => {
      const id = await subscribed('gone');
      const gone = `{"id":"${id}","items":{"gone":{}}}\n`;
      await values.delete('gone');
      await until(() => told('gone', gone).length > 0);
      const before = told('gone', gone).length;
      await values.set('gone', '');
      await until(() => told('gone', gone).length > before);
    });

    it('tells of a value that is set to what it was', async () => {
      await subscribed('same');
      await values.set('same', 'always');
      await values.set('same', 'always');
      await until(() => told('same', 'always').length > 1);
    });

    it('keeps the slashes of a key, and escapes what a path can not hold', async () => {
      await subscribed('x');
      const answer = await get('conf/subscribe?key=sl%2Fash&key=sp%20ace');
      expect(answer.status).toBe(200);
      for (const [key, path] of [
        ['sl/ash', 'sl/ash'],
        ['sp ace', 'sp%20ace'],
      ] as const)
        await until(async () => {
          await values.set(key, 'v');
          return app.received(pathOf(path)).length > 0;
        });
    });

    it('tells of every key where none is named', async () => {
      const { id } = (await get('conf/subscribe')).json as { id: string };
      await until(async () => {
        await values.set('every', 'v');
        return app.received(pathOf('every')).length > 0;
      });
      expect((await get(`conf/${id}/unsubscribe`)).status).toBe(200);
    });

    it('tells nothing more when the subscription has ended', async () => {
      const id = await subscribed('ended');
      const answer = await get(`conf/${id}/unsubscribe`);
      expect(answer.status).toBe(200);
      expect(answer.text).toBe('{"ok":true}\n');
      await subscribed('still');
      await values.set('ended', 'late');
      await values.set('still', 'late');
      await until(() => told('still', 'late').length > 0);
      expect(told('ended', 'late')).toEqual([]);
      const again = await get(`conf/${id}/unsubscribe`);
      expect(again.status).toBe(500);
      expect(again.text).toBe(
        `{"message":"failed to unsubscribe to configuration request ${id}: subscription with id ${id} does not exist"}\n`,
      );
    });

    it.each([201, 204, 404, 500])(
      'sends an update once, whatever the app answers: %d',
      async (status) => {
        const key = `answered-${status}`;
        app.on(pathOf(key), { status });
        let changes = 0;
        const set = async (value: string): Promise<void> => {
          changes += 1;
          await values.set(key, value);
        };
        await get(`conf/subscribe?key=${key}`);
        await until(async () => {
          await set('probe');
          return app.received(pathOf(key)).length > 0;
        });
        await set('last');
        await until(() => told(key, 'last').length > 0);
        expect(app.received(pathOf(key)).length).toBeLessThanOrEqual(changes);
      },
    );

    it.each([
      [200, 1],
      [204, 3],
      [500, 3],
    ])(
      'takes nothing but 200 for success under a retry policy: %d makes %d attempts',
      async (status, attempts) => {
        const key = `retried-${status}`;
        const path = pathOf(key, 'retried');
        app.on(path, { status });
        await get(`retried/subscribe?key=${key}`);
        const set = valuesOf(sidecar, backing, 'retried');
        await until(async () => {
          await set.set(key, 'probe');
          return app.received(path).length > 0;
        });
        for (const value of ['counted', 'last']) {
          await set.set(key, value);
          await until(
            () => app.received(path).filter(isOf(value)).length >= attempts,
          );
        }
        // Redis is asked for the value when a change is told, be it the probe's: that is told as often again.
        const counted = app.received(path).filter(isOf('counted')).length;
        expect(counted % attempts).toBe(0);
      },
    );
  });

  it.each(['nope?key=a', 'nope/subscribe', 'nope/id/unsubscribe'])(
    'that is not there is answered 400: %s',
    async (path) => {
      const answer = await get(path);
      expect(errorOf(answer)).toEqual({
        status: 400,
        errorCode: 'ERR_CONFIGURATION_STORE_NOT_FOUND',
      });
      expect(messageOf(answer)).toBe('configuration store nope not found');
    },
  );

  it('is only read', async () => {
    const answer = await call(sidecar, 'POST', '/v1.0/configuration/conf', {});
    expect(errorOf(answer)).toEqual({
      status: 404,
      errorCode: 'ERR_DIRECT_INVOKE',
    });
  });
});

describe('a sidecar without an app', () => {
  let backing: Backing;
  let sidecar: Sidecar;
  beforeAll(async () => {
    backing = await startBacking('redis');
    sidecar = await startSidecar({
      resources: backing.component('configuration', 'conf'),
    });
  });
  afterAll(async () => {
    await sidecar?.stop();
    await backing?.stop();
  });

  it('refuses subscriptions', async () => {
    const path = '/v1.0/configuration/conf/subscribe';
    const answer = await call(sidecar, 'GET', path);
    expect(errorOf(answer)).toEqual({
      status: 500,
      errorCode: 'ERR_APP_CHANNEL_NIL',
    });
    expect(messageOf(answer)).toBe(
      'app channel is not initialized. cannot subscribe to configuration updates',
    );
  });
});

describe('a sidecar without configuration stores', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({
      resources: component('state.in-memory', 'store'),
    });
  });
  afterAll(() => sidecar?.stop());

  it.each(['x?key=a', 'x/subscribe', 'x/id/unsubscribe'])(
    'says so: %s',
    async (path) => {
      const answer = await call(sidecar, 'GET', `/v1.0/configuration/${path}`);
      expect(errorOf(answer)).toEqual({
        status: 500,
        errorCode: 'ERR_CONFIGURATION_STORE_NOT_CONFIGURED',
      });
      expect(messageOf(answer)).toBe('configuration stores not configured');
    },
  );
});

function isOf(value: string): (received: Received) => boolean {
  return ({ text }) => text.includes(`"${value}"`);
}
