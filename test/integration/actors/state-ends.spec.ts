import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Actor } from '../../../lib/actors/actor.js';
import { ActorType } from '../../../lib/actors/actor-type.decorator.js';
import type { Duration } from '../../../lib/protocol/duration.js';
import { VIRTUAL_START } from '../../../lib/sidecar/virtual-clock.js';
import { until } from '../../support/until.js';
import { startActorApp, type ActorApp } from './actor-app.js';

@ActorType('Inbox')
class InboxActor extends Actor<Record<string, string>> {
  put(key: string, value: string, ttl?: Duration): void {
    this.state.set(key, value, ttl === undefined ? {} : { ttl });
  }

  async read(...keys: string[]): Promise<string[]> {
    const values: string[] = [];
    for (const key of keys) values.push(await this.state.get(key, 'nothing'));
    return values;
  }

  async isNew(key: string): Promise<boolean> {
    if (await this.state.has(key)) return false;
    this.state.set(key, 'seen', { ttl: '1m' });
    return true;
  }

  /** How many keys the instance has in memory. */
  remembered(): number {
    const state = this.state as unknown as {
      known: ReadonlyMap<string, unknown>;
    };
    return state.known.size;
  }
}

@ActorType('Listed', { state: { keys: true } })
class ListedActor extends Actor<{ name: string }> {
  rename(name: string): void {
    this.state.set('name', name);
  }
}

let app: ActorApp;
beforeEach(async () => {
  app = await startActorApp({ providers: [InboxActor, ListedActor] });
});
afterEach(() => app.close());

const ends = (): void => void app.sidecar.enabledFeatures.push('ActorStateTTL');
const inbox = (id = 'a') => app.actor(InboxActor, id);
const lasting = (key: string, value: string) => ({
  operation: 'upsert',
  request: { key, value, metadata: { ttlInSeconds: '-1' } },
});
const plain = (key: string, value: string) => ({
  operation: 'upsert',
  request: { key, value },
});
const storeBeside = (key: string, value: string): void =>
  void app.sidecar.stored.set(`Inbox/a/${key}`, JSON.stringify(value));

describe('state, where the sidecar takes times to live,', () => {
  it('is stored to last where it has none, whoever stored the value before', async () => {
    ends();
    await inbox().put('token', 'long');
    await inbox().put('token', 'longer');
    expect(app.sidecar.operations).toEqual([
      lasting('token', 'long'),
      lasting('token', 'longer'),
    ]);
    expect(app.sidecar.metadataReads).toBe(1);
  });

  it('that came without an end is remembered in its turn alone', async () => {
    ends();
    storeBeside('token', 'short');
    expect(await inbox().read('token', 'token')).toEqual(['short', 'short']);
    app.sidecar.stored.clear();
    expect(await inbox().read('token')).toEqual(['nothing']);
    expect(app.sidecar.requests).toEqual([
      'GET Inbox/a/state/token',
      'GET Inbox/a/state/token',
    ]);
  });

  it('that came without an end is remembered once the store has told one', async () => {
    ends();
    storeBeside('token', 'long');
    storeBeside('other', 'short');
    app.sidecar.ends.set('Inbox/a/other', new Date(VIRTUAL_START + 60_000));
    const values = ['long', 'short'];
    expect(await inbox().read('token', 'other')).toEqual(values);
    expect(await inbox().read('token', 'other')).toEqual(values);
    expect(app.sidecar.requests).toHaveLength(2);
  });

  it('that the actor stored itself is remembered', async () => {
    ends();
    await inbox().put('token', 'long');
    await inbox().put('other', 'short', '1m');
    app.sidecar.requests.length = 0;
    expect(await inbox().read('token', 'other')).toEqual(['long', 'short']);
    expect(app.sidecar.requests).toEqual([]);
    await app.clock.advance('1m');
    app.sidecar.stored.delete('Inbox/a/other');
    expect(await inbox().read('token', 'other')).toEqual(['long', 'nothing']);
    expect(app.sidecar.requests).toEqual(['GET Inbox/a/state/other']);
  });

  it('costs one read of the list of keys, which never ends', async () => {
    ends();
    const listed = app.actor(ListedActor);
    await listed.rename('x');
    await app.runtime.deactivate('Listed', 'a');
    app.sidecar.requests.length = 0;
    await listed.rename('y');
    await listed.rename('z');
    expect(app.sidecar.requests).toEqual([
      'GET Listed/a/state/x-nestjs-dapr-keys',
      'POST Listed/a/state',
      'POST Listed/a/state',
    ]);
  });

  it('knows so once a time to live was taken, though the sidecar tells nothing of itself', async () => {
    app.sidecar.failNext('metadata');
    await inbox().put('token', 'short', '1m');
    await inbox('b').put('token', 'long');
    expect(app.sidecar.operations.at(-1)).toEqual(lasting('token', 'long'));
    expect(app.sidecar.metadataReads).toBe(1);
  });

  it('is not stored when the instance goes while the sidecar is asked', async () => {
    ends();
    const answer = app.sidecar.hold('metadata');
    const turn = app.call('Inbox', 'put', { body: '["token","late"]' });
    await until(() => app.sidecar.metadataReads === 1);
    const gone = app.runtime.deactivate('Inbox', 'a');
    answer();
    await expect(turn).resolves.toMatchObject({ status: 500 });
    await gone;
    expect(app.sidecar.requests).toEqual([]);
  });
});

describe('state, where the sidecar takes no times to live,', () => {
  it('costs one call of the sidecar per turn, and the app one question', async () => {
    storeBeside('token', 'long');
    expect(await inbox().read('token')).toEqual(['long']);
    await inbox().put('token', 'longer');
    await inbox('b').put('token', 'long');
    expect(await inbox().read('token')).toEqual(['longer']);
    expect(app.sidecar.requests).toEqual([
      'GET Inbox/a/state/token',
      'POST Inbox/a/state',
      'POST Inbox/b/state',
    ]);
    expect(app.sidecar.operations).toEqual([
      plain('token', 'longer'),
      plain('token', 'long'),
    ]);
    expect(app.sidecar.metadataReads).toBe(1);
  });

  it('remembers what it read', async () => {
    storeBeside('token', 'long');
    await inbox().read('token');
    expect(await inbox().read('token')).toEqual(['long']);
    expect(app.sidecar.requests).toEqual(['GET Inbox/a/state/token']);
  });

  it('asks nothing for actors without state', async () => {
    await inbox().read();
    expect(app.sidecar.metadataReads).toBe(0);
  });
});

describe('whether the sidecar takes times to live', () => {
  it('is asked again after a while where it could not be told', async () => {
    ends();
    app.sidecar.failNext('metadata');
    await inbox().put('token', 'first');
    await inbox().put('token', 'second');
    expect(app.sidecar.metadataReads).toBe(1);
    await app.clock.advance('10s');
    await inbox().put('token', 'third');
    expect(app.sidecar.metadataReads).toBe(2);
    expect(app.sidecar.operations).toEqual([
      plain('token', 'first'),
      plain('token', 'second'),
      lasting('token', 'third'),
    ]);
  });

  it('is asked of each new sidecar', async () => {
    await inbox().put('token', 'x');
    ends();
    app.runtime.newWorld();
    await inbox().put('token', 'y');
    expect(app.sidecar.metadataReads).toBe(2);
    expect(app.sidecar.operations.at(-1)).toEqual(lasting('token', 'y'));
  });
});

describe('an actor that is never idle', () => {
  it('does not keep what has ended, nor what it found absent', async () => {
    for (let message = 0; message < 1000; message += 1) {
      expect(await inbox().isNew(`message-${message}`)).toBe(true);
      await app.clock.advance('1m');
      app.sidecar.stored.clear();
    }
    expect(await inbox().remembered()).toBeLessThan(200);
  });

  it('does not keep absences, even where it never stores', async () => {
    for (let key = 0; key < 1000; key += 1) await inbox().read(`key-${key}`);
    expect(await inbox().remembered()).toBeLessThan(200);
  });

  it('keeps what is stored, however much that is', async () => {
    const keys = Array.from({ length: 300 }, (_, index) => `key-${index}`);
    for (const key of keys) await inbox().put(key, key);
    app.sidecar.requests.length = 0;
    expect(await inbox().read(...keys)).toEqual(keys);
    expect(app.sidecar.requests).toEqual([]);
  });
});
