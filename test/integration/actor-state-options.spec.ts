import { ExpressAdapter } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  Actor,
  ActorProxyFactory,
  ActorType,
  actorStateKey,
  type ActorStateSerializer,
  type Duration,
} from '../../lib/index.js';
import { backings, startBacking, type Backing } from '../support/backing.js';
import { callApp } from '../support/delivery.js';
import { runNest, type NestRun } from '../support/nest-run.js';
import { until } from '../support/until.js';

interface SessionState {
  token: string;
  other: string;
}

@ActorType('Session', { state: { keys: true } })
class SessionActor extends Actor<SessionState> {
  put(key: keyof SessionState, value: string, ttl?: Duration): void {
    this.state.set(key, value, ttl === undefined ? {} : { ttl });
  }

  remove(key: keyof SessionState): void {
    this.state.remove(key);
  }

  async read(key: keyof SessionState): Promise<string> {
    return this.state.get(key, 'nothing');
  }

  keys(): Promise<string[]> {
    return this.state.keys();
  }

  async keysAfterChanges(): Promise<string[]> {
    this.state.set('other', 'pending');
    this.state.remove('token');
    return this.state.keys();
  }

  async saveAndFail(): Promise<void> {
    this.state.set('token', 'saved');
    await this.state.save();
    this.state.set('other', 'unsaved');
    throw new Error('after the save');
  }

  async saveTooMuch(): Promise<string> {
    this.state.set('token', 'x'.repeat(5 * 1024 * 1024));
    return this.state.save().then(
      () => 'saved',
      () => 'caught',
    );
  }
}

/** Dates and maps, which JSON has no form of. */
const revived: ActorStateSerializer = {
  encode: (value) =>
    value instanceof Map
      ? { map: [...(value as ReadonlyMap<string, unknown>)] }
      : value instanceof Date
        ? { date: value }
        : value,
  decode(stored) {
    const { map, date } = stored as {
      map?: [string, unknown][];
      date?: string;
    };
    if (map) return new Map(map);
    return date === undefined ? stored : new Date(date);
  },
};

interface DiaryState {
  opened: Date;
  pages: Map<string, number>;
}

@ActorType('Diary', { state: { serializer: revived } })
class DiaryActor extends Actor<DiaryState, DiaryState> {
  open(): void {
    this.state.set('opened', new Date(0));
    this.state.set('pages', new Map([['first', 1]]));
  }

  async read(): Promise<unknown> {
    const opened = await this.state.get('opened', new Date());
    const pages = await this.state.get('pages', new Map());
    return { year: opened.getUTCFullYear(), first: pages.get('first') };
  }
}

@ActorType('Plain')
class PlainActor extends Actor<{ token: string }> {
  put(ttl?: Duration): void {
    this.state.set('token', 'x', ttl === undefined ? {} : { ttl });
  }

  keys(): Promise<string[]> {
    return this.state.keys();
  }
}

const CONFIGURATION = `
apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: with-ttl }
spec:
  features: [{ name: ActorStateTTL, enabled: true }]
`;

/** The first line of what Redis answers: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
async function redis(host: string, ...command: string[]): Promise<string> {
  const [name = '', port] = host.split(':');
  const socket = connect(Number(port), name);
  try {
    const parts = command.map((part) => `$${part.length}\r\n${part}\r\n`);
    socket.write(`*${parts.length}\r\n${parts.join('')}`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString().split('\r\n')[0] ?? '';
  } finally {
    socket.destroy();
  }
}

/** Writes what lives for a second until it was read alive: a busy machine may need longer for that. */
const untilAlive = (
  writeAndRead: () => Promise<unknown>,
  value: string,
): Promise<void> => until(async () => (await writeAndRead()) === value);

let ids = 0;

describe.each(backings)('the state of actors in %s', (backingName) => {
  let backing: Backing;
  let nest: NestRun;
  beforeAll(async () => {
    backing = await startBacking(backingName);
    nest = await runNest({
      adapter: new ExpressAdapter(),
      resources: backing.component('state', 'statestore', {
        actorStateStore: 'true',
      }),
      config: CONFIGURATION,
      providers: [SessionActor, DiaryActor],
    });
  });
  afterAll(async () => {
    await nest.close();
    await backing.stop();
  });

  const newSession = () => {
    const id = `actor-${ids++}`;
    const session = nest.app.get(ActorProxyFactory).get(SessionActor, id);
    return {
      id,
      session,
      stored: (key: string) => nest.client.actor.stateGet('Session', id, key),
      forget: () => callApp(nest, 'DELETE', `/actors/Session/${id}`),
      /** As another replica would have, before the actor came here. */
      async storeElsewhere(key: string, value: string, ttl: number) {
        // Dapr takes state of active actors only.
        await session.keys();
        const metadata = { ttlInSeconds: `${ttl}` };
        await nest.client.actor.stateTransaction('Session', id, [
          { operation: 'upsert', request: { key, value, metadata } },
        ]);
      },
    };
  };

  it('with a time to live is gone after it, also where it is remembered', async () => {
    const { session, stored } = newSession();
    await session.put('other', 'stays');
    await untilAlive(async () => {
      await session.put('token', 'secret', '1s');
      return session.read('token');
    }, 'secret');
    await until(async () => (await session.read('token')) === 'nothing');
    await until(async () => (await stored('token')) === undefined);
    expect(await session.read('other')).toBe('stays');
    expect(await session.keys()).toEqual(['other']);
  });

  it('with a time to live is gone after it where it was read anew', async () => {
    const { session, forget } = newSession();
    await untilAlive(async () => {
      await session.put('token', 'secret', '1s');
      await forget();
      return session.read('token');
    }, 'secret');
    await until(async () => (await session.read('token')) === 'nothing');
  });

  it('that is set again without a time to live stays', async () => {
    const { session, forget } = newSession();
    const mark = newSession();
    await session.put('token', 'short', '1s');
    await session.put('token', 'long');
    await mark.session.put('token', 'mark', '2s');
    await until(async () => (await mark.session.read('token')) === 'nothing');
    expect(await session.read('token')).toBe('long');
    await forget();
    expect(await session.read('token')).toBe('long');
  });

  it('that is set without a time to live stays, also where another process gave it one', async () => {
    const { session, stored, storeElsewhere } = newSession();
    const mark = newSession();
    await storeElsewhere('other', 'short', 1);
    await session.put('other', 'long');
    await mark.storeElsewhere('other', 'mark', 2);
    await until(async () => (await mark.stored('other')) === undefined);
    expect(await stored('other')).toBe('long');
  });

  it('with a time to live of another process is not remembered beyond it', async () => {
    let made = newSession();
    await untilAlive(async () => {
      // One that has read before may remember that there was nothing.
      made = newSession();
      await made.storeElsewhere('other', 'short', 1);
      return made.session.read('other');
    }, 'short');
    const { session, stored } = made;
    await until(async () => (await stored('other')) === undefined);
    expect(await session.read('other')).toBe('nothing');
  });

  it('takes no time to live but whole seconds', async () => {
    const { session } = newSession();
    for (const ttl of ['500ms', '0s', { milliseconds: 1500 }])
      await expect(session.put('token', 'x', ttl)).rejects.toMatchObject({
        name: 'DurationError',
        message: expect.stringContaining('whole seconds'),
      });
  });

  it('tells its keys where the type keeps them, those of the running turn included', async () => {
    const { session, stored, forget } = newSession();
    expect(await session.keys()).toEqual([]);
    await session.put('token', 'x');
    expect(await session.keys()).toEqual(['token']);
    await forget();
    expect(await session.keysAfterChanges()).toEqual(['other']);
    expect(await session.keys()).toEqual(['other']);
    await session.remove('other');
    expect(await session.keys()).toEqual([]);
    expect(await stored('x-nestjs-dapr-keys')).toEqual({});
  });

  it('that was saved stays, whatever the turn does later', async () => {
    const { session, stored } = newSession();
    await expect(session.saveAndFail()).rejects.toThrow('after the save');
    expect(await stored('token')).toBe('saved');
    expect(await stored('other')).toBeUndefined();
    expect(await session.read('token')).toBe('saved');
    expect(await session.read('other')).toBe('nothing');
    expect(await session.keys()).toEqual(['token']);
  });

  it('that could not be saved fails the turn, though the error was caught', async () => {
    const { session, stored } = newSession();
    await session.put('token', 'before');
    await expect(session.saveTooMuch()).rejects.toMatchObject({
      name: 'ActorInvocationError',
      message: expect.stringContaining('stored nothing'),
    });
    expect(await session.read('token')).toBe('before');
    expect(await stored('token')).toBe('before');
  });

  it('comes back as the serializer of the type has it, remembered or read anew', async () => {
    const id = `actor-${ids++}`;
    const diary = nest.app.get(ActorProxyFactory).get(DiaryActor, id);
    const read = { year: 1970, first: 1 };
    await diary.open();
    expect(await diary.read()).toEqual(read);
    await callApp(nest, 'DELETE', `/actors/Diary/${id}`);
    expect(await diary.read()).toEqual(read);
    expect(await nest.client.actor.stateGet('Diary', id, 'opened')).toEqual({
      date: '1970-01-01T00:00:00.000Z',
    });
  });

  it('has keys in the database that can be told', async () => {
    const { id, session } = newSession();
    await session.put('token', 'x');
    const key = actorStateKey('app', 'Session', id, 'token');
    expect(key).toBe(`app||Session||${id}||token`);
    if (backing.redisHost)
      expect(await redis(backing.redisHost, 'EXISTS', key)).toBe(':1');
  });
});

describe('a time to live where the sidecar has no ActorStateTTL', () => {
  it('fails the turn with words that say so', async () => {
    const nest = await runNest({
      adapter: new ExpressAdapter(),
      providers: [PlainActor],
    });
    try {
      const plain = nest.app.get(ActorProxyFactory).get(PlainActor, 'a');
      await expect(plain.put('1h')).rejects.toThrow(
        /could not store its state.*ActorStateTTL.*Configuration/,
      );
      await plain.put();
      await expect(plain.keys()).rejects.toThrow(
        /does not keep them.*state: { keys: true }/,
      );
    } finally {
      await nest.close();
    }
  });
});
