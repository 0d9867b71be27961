import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import {
  CommunicationProtocolEnum,
  DaprBadRequestError,
  DaprClient,
  SidecarUnavailableError,
  type ConfigurationResponse,
  type DaprClientOptions,
} from '../../../lib/index.js';
import { startEngine } from '../../../lib/sidecar/embedded.js';
import type { Engine } from '../../../lib/sidecar/engine.js';
import { component } from '../../conformance/components.js';
import { Door } from '../../support/door.js';
import { folderWith } from '../../support/stage.js';
import { Gate } from '../../support/gate.js';
import { until } from '../../support/until.js';
import { startGrpcServer, type TestGrpcServer } from './grpc-server.js';
import { ManualClock } from './manual-clock.js';

describe('a configuration subscription over gRPC', () => {
  const updates: ConfigurationResponse[] = [];
  const errors: Error[] = [];
  let folder: string;
  let engine: Engine;
  let grpcPort: number;
  let door: Door;
  let clock: ManualClock;
  let client: DaprClient;

  beforeEach(async () => {
    updates.length = 0;
    errors.length = 0;
    folder = await folderWith(
      component('configuration.in-memory', 'conf', { values: '{"a":"0"}' }),
    );
    engine = await startEngine({ resources: folder });
    const sidecar = await engine.openSidecar({
      appId: 'app',
      httpPort: 0,
      grpcPort: 0,
      clientOnly: true,
    });
    grpcPort = sidecar.grpcPort;
    door = await Door.create();
    await door.open(grpcPort);
    clock = new ManualClock();
    client = clientOf({ readyTimeout: 1_000 });
  });
  afterEach(async () => {
    await client.stop();
    await door.close();
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  function clientOf(options: DaprClientOptions = {}): DaprClient {
    return new DaprClient(
      {
        grpcEndpoint: `127.0.0.1:${door.port}`,
        communicationProtocol: CommunicationProtocolEnum.GRPC,
        ...options,
      },
      { clock },
    );
  }
  const subscribe = (onError = (error: Error) => void errors.push(error)) =>
    client.configuration.subscribe(
      'conf',
      (update) => void updates.push(update),
      { onError },
    );
  const values = (): (string | undefined)[] =>
    updates.map(({ items }) => items['a']?.value);
  const set = (value: string): void =>
    engine.configurations.store('conf').set('a', value);
  const quiet = (): Promise<void> => until(() => clock.pending === 0);

  it('tells of changes, not of the values at start', async () => {
    await subscribe();
    await quiet();
    set('1');
    set('2');
    await until(() => values().length === 2);
    expect(values()).toEqual(['1', '2']);
    expect(errors).toEqual([]);
  });

  it('that breaks is told at once, and made again with back-off, and then tells of the values as they are now [C13]', async () => {
    await subscribe();
    await door.close();
    set('missed');
    await until(() => errors.length === 1);
    expect(errors[0]).toBeInstanceOf(SidecarUnavailableError);
    expect(errors[0]?.message).toContain('configuration.subscribe "conf"');

    for (const pause of [500, 1_000, 2_000]) {
      const before = errors.length;
      await until(() => clock.pending === 1);
      clock.advance(pause - 1);
      expect(clock.pending).toBe(1);
      clock.advance(1);
      // Now it waits for a sidecar to listen.
      await until(() => clock.pending === 1);
      clock.advance(1_000);
      await until(() => errors.length > before);
      expect(errors.at(-1)).toBeInstanceOf(SidecarUnavailableError);
    }

    await until(() => clock.pending === 1);
    await door.open(grpcPort);
    clock.advance(4_000);
    await until(() => values().length === 1);
    set('new');
    await until(() => values().length === 2);
    expect(values()).toEqual(['missed', 'new']);
    expect(errors).toHaveLength(4);

    // The next outage begins with a short pause again.
    await door.close();
    await until(() => errors.length === 5);
    await until(() => clock.pending === 1);
    await door.open(grpcPort);
    clock.advance(500);
    await until(() => values().length === 3);
  });

  it('that is made again tells of keys that are gone as of keys that go, and only of those that it had told of', async () => {
    await subscribe();
    const store = engine.configurations.store('conf');
    for (const key of ['a', 'b', 'c']) store.set(key, '1');
    store.delete('c');
    await until(() => updates.length === 4);
    const [, , , gone] = updates.splice(0);
    await door.close();
    await until(() => clock.pending === 1);
    for (const key of ['a', 'b']) store.delete(key);
    store.set('d', '1');
    await door.open(grpcPort);
    clock.advance(500);
    await until(() => updates.length === 1);
    const empty = gone?.items['c'];
    expect(empty?.value).toBe('');
    expect(updates[0]?.items).toEqual({
      a: { ...empty, key: 'a' },
      b: { ...empty, key: 'b' },
      d: expect.objectContaining({ value: '1' }),
    });
    // They are told once.
    await door.close();
    await until(() => clock.pending === 1);
    await door.open(grpcPort);
    clock.advance(500);
    await until(() => updates.length === 2);
    expect(Object.keys(updates[1]!.items)).toEqual(['d']);
  });

  it('goes on when those who are told of errors fail themselves', async () => {
    await subscribe(() => {
      throw new Error('nobody home');
    });
    await door.close();
    await until(() => clock.pending === 1);
    await door.open(grpcPort);
    clock.advance(500);
    await until(() => values().length === 1);
  });

  it('that is stopped while it is broken is not made again', async () => {
    const subscription = await subscribe();
    await door.close();
    await until(() => clock.pending === 1);
    await subscription.stop();
    expect(clock.pending).toBe(0);
    await door.open(grpcPort);
    expect(errors).toHaveLength(1);
  });

  it.each(['stands', 'is broken'])(
    'ends with the client, without a word, while it %s',
    async (state) => {
      await subscribe();
      await quiet();
      if (state === 'is broken') {
        await door.close();
        await until(() => clock.pending === 1);
      }
      const before = errors.length;
      await client.stop();
      expect(clock.pending).toBe(0);
      await new Promise(setImmediate);
      expect(errors).toHaveLength(before);
    },
  );

  it('hears nothing after the stop', async () => {
    const stopped = await subscribe();
    const standing: string[] = [];
    await client.configuration.subscribe('conf', ({ items }) => {
      standing.push(items['a']?.value ?? '');
    });
    await stopped.stop();
    set('late');
    await until(() => standing.includes('late'));
    expect(values()).toEqual([]);
  });

  it('is not made with a signal that is aborted already', async () => {
    const reason = new Error('too late');
    const failed = client.configuration.subscribe('conf', () => undefined, {
      signal: AbortSignal.abort(reason),
    });
    await expect(failed).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });

  it('gives up in time on a sidecar that is not there [C8]', async () => {
    await door.close();
    const failed = client.configuration.subscribe('conf', () => undefined);
    failed.catch(() => undefined);
    await until(() => clock.pending === 1);
    clock.advance(1_000);
    await expect(failed).rejects.toThrow(SidecarUnavailableError);
    await expect(failed).rejects.toThrow(/grpcEndpoint/);
  });

  it('is made at once where it would wait for no sidecar', async () => {
    const impatient = new DaprClient({
      grpcEndpoint: `127.0.0.1:${door.port}`,
      communicationProtocol: CommunicationProtocolEnum.GRPC,
      readyTimeout: 0,
    });
    const { configuration } = impatient;
    const told: ConfigurationResponse[] = [];
    await configuration.subscribe('conf', (update) => void told.push(update));
    set('1');
    await until(() => told.length === 1);

    await door.close();
    const failed = configuration.subscribe('conf', () => undefined);
    await expect(failed).rejects.toThrow(SidecarUnavailableError);
    await impatient.stop();
  });

  it('waits for a sidecar that is about to listen', async () => {
    await door.close();
    const subscribed = subscribe();
    await until(() => clock.pending === 1);
    await door.open(grpcPort);
    await subscribed;
    set('1');
    await until(() => values().length === 1);
  });
});

describe('reading what was missed', () => {
  const updates: ConfigurationResponse[] = [];
  const errors: Error[] = [];
  let clock: ManualClock;
  let server: TestGrpcServer;
  let client: DaprClient;
  /** What the sidecar tells of by itself, subscription by subscription. */
  let told: (() => AsyncIterable<object>)[];
  let read: () => unknown;

  beforeEach(async () => {
    updates.length = 0;
    errors.length = 0;
    told = [];
    clock = new ManualClock();
    server = await startGrpcServer({
      subscribeConfiguration: () => told.shift()?.() ?? { id: 'id', items: {} },
      getConfiguration: () => read(),
    });
    client = new DaprClient(
      {
        grpcEndpoint: server.address,
        communicationProtocol: CommunicationProtocolEnum.GRPC,
      },
      { clock },
    );
  });
  afterEach(async () => {
    await client.stop();
    await server.close();
  });

  const item = (value: string) => ({ value, version: '', metadata: {} });
  const values = () =>
    updates.map(({ items }) =>
      Object.entries(items).map(([key, { value }]) => `${key}=${value}`),
    );
  const subscribe = () =>
    client.configuration.subscribe(
      'conf',
      (update) => void updates.push(update),
      { onError: (error) => void errors.push(error) },
    );
  const breaks = async (): Promise<void> => {
    const before = errors.length;
    server.cut();
    await until(() => errors.length > before && clock.pending === 1);
  };
  const refuse = () =>
    Promise.reject(Object.assign(new Error('not now'), { code: 2 }));

  it('is tried again where it fails, with back-off, and each failure is told [C13]', async () => {
    read = refuse;
    await subscribe();
    await breaks();
    clock.advance(500);
    for (const pause of [500, 1_000]) {
      const before = errors.length;
      await until(() => errors.length > before);
      expect(errors.at(-1)?.message).toContain('not now');
      await until(() => clock.pending === 1);
      clock.advance(pause - 1);
      expect(clock.pending).toBe(1);
      if (pause === 1_000) read = () => ({ items: { a: item('1') } });
      clock.advance(1);
    }
    await until(() => updates.length === 1);
    expect(values()).toEqual([['a=1']]);
    expect(errors).toHaveLength(3);
  });

  it('ends where the subscription breaks anew or is stopped', async () => {
    read = refuse;
    const subscription = await subscribe();
    await breaks();
    clock.advance(500);
    await until(() => errors.length === 2 && clock.pending === 1);
    await breaks();
    clock.advance(500);
    await until(() => errors.length === 4 && clock.pending === 1);
    await subscription.stop();
    expect(clock.pending).toBe(0);
    expect(errors).toHaveLength(4);
  });

  it('tells of no value that is older than one that came by itself', async () => {
    const begun = new Gate();
    const answered = new Gate();
    read = async () => {
      begun.open();
      await answered.opened;
      return { items: { a: item('old'), c: item('1') } };
    };
    told = [
      async function* () {
        yield { id: 'id', items: {} };
        yield { id: 'id', items: { a: item('0'), b: item('0') } };
      },
      async function* () {
        yield { id: 'id', items: {} };
        await begun.opened;
        yield { id: 'id', items: { a: item('new') } };
        yield { id: 'id', items: { b: item('new') } };
      },
    ];
    await subscribe();
    await until(() => updates.length === 1);
    await breaks();
    clock.advance(500);
    await until(() => updates.length === 3);
    answered.open();
    await until(() => updates.length === 4);
    expect(values().slice(1)).toEqual([['a=new'], ['b=new'], ['c=1']]);
  });
});

describe('a sidecar that does not answer', () => {
  it('is waited for no longer than the timeout [C8]', async () => {
    const sockets = new Set<Socket>();
    const hung = createServer((socket) => {
      socket.on('error', () => undefined);
      sockets.add(socket);
    });
    await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve));
    const clock = new ManualClock();
    const client = new DaprClient(
      {
        grpcEndpoint: `127.0.0.1:${(hung.address() as AddressInfo).port}`,
        communicationProtocol: CommunicationProtocolEnum.GRPC,
      },
      { clock },
    );
    const failed = client.configuration.subscribe('conf', () => undefined, {
      timeout: 500,
    });
    failed.catch(() => undefined);
    await until(() => clock.pending === 1);
    clock.advance(500);
    await expect(failed).rejects.toThrow(SidecarUnavailableError);
    expect(clock.pending).toBe(0);
    await client.stop();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => hung.close(resolve));
  });
});

describe('a sidecar that takes its time to subscribe', () => {
  it('has the whole timeout, however short the wait for a sidecar is [C8]', async () => {
    const begun = new Gate();
    const gate = new Gate();
    const server = await startGrpcServer({
      async subscribeConfiguration() {
        begun.open();
        await gate.opened;
        return { id: 'id', items: {} };
      },
    });
    const clock = new ManualClock();
    const client = new DaprClient(
      {
        grpcEndpoint: server.address,
        communicationProtocol: CommunicationProtocolEnum.GRPC,
        timeout: 5_000,
        readyTimeout: 1_000,
      },
      { clock },
    );
    const { configuration } = client;
    const subscribed = configuration.subscribe('conf', () => undefined);
    await begun.opened;
    clock.advance(4_999);
    gate.open();
    await subscribed;
    await client.stop();
    await server.close();
  });
});

describe('a client over HTTP without an app', () => {
  it('reads configuration, but is not told of changes', async () => {
    const client = new DaprClient({ daprPort: 1 });
    const failed = client.configuration.subscribeWithKeys(
      'conf',
      ['a'],
      () => undefined,
    );
    await expect(failed).rejects.toThrow(DaprBadRequestError);
    await expect(failed).rejects.toThrow(/inject the DaprClient of DaprModule/);
    await client.stop();
  });
});
