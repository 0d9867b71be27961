import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import {
  DaprBadRequestError,
  DaprClient,
  DaprNotFoundError,
  LockLostError,
  LockNotAcquiredError,
  LockStatus,
  CommunicationProtocolEnum,
} from '../../../lib/index.js';
import { EmbeddedSidecar } from '../../../lib/testing/index.js';
import { component } from '../../conformance/components.js';
import { Gate } from '../../support/gate.js';
import { folderWith } from '../../support/stage.js';
import { until } from '../../support/until.js';
import { startGrpcServer } from './grpc-server.js';
import { ManualClock } from './manual-clock.js';
import { startServer } from './server.js';

describe.each(['HTTP', 'GRPC'] as const)('withLock over %s', (protocol) => {
  let folder: string;
  let dapr: EmbeddedSidecar;
  let client: DaprClient;

  beforeAll(async () => {
    folder = await folderWith(component('lock.in-memory', 'locks'));
    dapr = await EmbeddedSidecar.start({ resources: folder });
    client = new DaprClient(
      {
        httpEndpoint: dapr.httpEndpoint,
        grpcEndpoint: dapr.grpcEndpoint,
        communicationProtocol: CommunicationProtocolEnum[protocol],
      },
      { clock: dapr.clock },
    );
  });
  afterAll(async () => {
    await client?.stop();
    await dapr?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Whether somebody has the lock. */
  const isHeld = async (resource: string): Promise<boolean> => {
    const { lock } = client;
    const { success } = await lock.lock('locks', resource, 'probe', 1);
    if (success) await lock.unlock('locks', resource, 'probe');
    return !success;
  };

  it('gives the lock back, and what the work gave', async () => {
    const { lock } = client;
    const work = async (): Promise<string> =>
      (await isHeld('plain')) ? 'held' : 'free';
    expect(await lock.withLock('locks', 'plain', work, { ttl: '10s' })).toBe(
      'held',
    );
    expect(await isHeld('plain')).toBe(false);
  });

  it('gives the lock back when the work throws, and throws the same', async () => {
    const error = new Error('broken');
    const failed = client.lock.withLock(
      'locks',
      'failing',
      () => {
        throw error;
      },
      { ttl: '10s' },
    );
    await expect(failed).rejects.toBe(error);
    expect(await isHeld('failing')).toBe(false);
  });

  it('takes the lock for the owner that is named', async () => {
    const { lock } = client;
    const status = await lock
      .withLock(
        'locks',
        'named',
        async () => (await lock.unlock('locks', 'named', 'me')).status,
        { ttl: '10s', owner: 'me' },
      )
      .catch((error: unknown) => error);
    // The work has given it back itself.
    expect(status).toBeInstanceOf(LockLostError);
  });

  it('aborts its signal before the lock runs out', async () => {
    const begun = dapr.clock.now();
    const aborted = client.lock.withLock(
      'locks',
      'long',
      async (signal) => {
        const end = new Promise((resolve) =>
          signal.addEventListener('abort', resolve),
        );
        void dapr.clock.advance('9s');
        await end;
        expect(signal.reason).toBeInstanceOf(LockLostError);
        expect(await isHeld('long')).toBe(true);
        return dapr.clock.now() - begun;
      },
      { ttl: '10s' },
    );
    expect(await aborted).toBe(9_000);
    expect(await isHeld('long')).toBe(false);
  });

  it('rejects where the lock ran out before the work had ended', async () => {
    const late = client.lock.withLock(
      'locks',
      'late',
      () => dapr.clock.advance('10s'),
      { ttl: '10s' },
    );
    await expect(late).rejects.toThrow(LockLostError);
    await expect(late).rejects.toThrow(
      /ran out before the work had ended.*ttl/,
    );
  });

  it('leaves to its new owner a lock that ran out', async () => {
    const { lock } = client;
    const late = lock.withLock(
      'locks',
      'passed-on',
      async () => {
        await dapr.clock.advance('10s');
        await lock.lock('locks', 'passed-on', 'next', 60);
      },
      { ttl: '10s' },
    );
    await expect(late).rejects.toThrow(LockLostError);
    expect(await lock.unlock('locks', 'passed-on', 'next')).toEqual({
      status: LockStatus.Success,
    });
  });

  it('rounds the time of the lock up to whole seconds', async () => {
    await client.lock.withLock(
      'locks',
      'rounded',
      async () => {
        await dapr.clock.advance('1999ms');
        expect(await isHeld('rounded')).toBe(true);
      },
      { ttl: { seconds: 1, milliseconds: 200 } },
    );
  });

  describe('for a lock that somebody has', () => {
    it('fails at once', async () => {
      await client.lock.lock('locks', 'taken', 'other', 60);
      const refused = client.lock.withLock('locks', 'taken', () => 'done', {
        ttl: '10s',
      });
      await expect(refused).rejects.toThrow(LockNotAcquiredError);
      await expect(refused).rejects.toThrow(
        /lock\.withLock "locks" resource "taken" failed: somebody else has the lock\. .*wait/,
      );
    });

    it('waits as long as it may', async () => {
      await client.lock.lock('locks', 'waited', 'other', 5);
      const begun = dapr.clock.now();
      const won = client.lock.withLock(
        'locks',
        'waited',
        () => dapr.clock.now() - begun,
        { ttl: '10s', wait: '8s' },
      );
      await dapr.clock.advance('8s');
      expect(await won).toBeGreaterThanOrEqual(5_000);
      expect(await won).toBeLessThanOrEqual(8_000);
    });

    it('waits no longer', async () => {
      await client.lock.lock('locks', 'vain', 'other', 60);
      const refused = client.lock
        .withLock('locks', 'vain', () => 'done', { ttl: '10s', wait: '3s' })
        .catch((error: unknown) => error);
      await dapr.clock.advance('3s');
      const error = (await refused) as Error;
      expect(error).toBeInstanceOf(LockNotAcquiredError);
      expect(error.message).toContain('and had it for 3000 ms');
    });

    it('waits no more when its signal says so', async () => {
      await client.lock.lock('locks', 'given-up', 'other', 60);
      const stop = new AbortController();
      const refused = client.lock.withLock('locks', 'given-up', () => 'done', {
        ttl: '10s',
        wait: '1h',
        signal: stop.signal,
      });
      const reason = new Error('enough');
      stop.abort(reason);
      await expect(refused).rejects.toBe(reason);
    });
  });

  it("aborts the work's signal with the caller's, and gives the lock back", async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const stopped = client.lock.withLock(
      'locks',
      'stopped',
      async (signal) => {
        stop.abort(reason);
        signal.throwIfAborted();
      },
      { ttl: '10s', signal: stop.signal },
    );
    await expect(stopped).rejects.toBe(reason);
    expect(await isHeld('stopped')).toBe(false);
  });

  it('leaves alone what its owner has already, where it never asked for the lock', async () => {
    const { lock } = client;
    await lock.lock('locks', 'mine', 'me', 60);
    const options = { ttl: '10s', owner: 'me' } as const;
    const work = (): void => undefined;
    const signal = AbortSignal.abort(new Error('too late'));
    const failed = lock.withLock('locks', 'mine', work, { ...options, signal });
    await expect(failed).rejects.toThrow('too late');
    await new Promise(setImmediate);
    const { status } = await lock.unlock('locks', 'mine', 'me');
    expect(status).toBe(LockStatus.Success);
  });

  it('runs no work where it gets no lock', async () => {
    let ran = false;
    const work = (): void => void (ran = true);
    const failed = client.lock.withLock('nope', 'r', work, { ttl: '10s' });
    await expect(failed).rejects.toThrow(DaprNotFoundError);
    dapr.faults.failNext('lock');
    const faulty = client.lock.withLock('locks', 'r', work, { ttl: '10s' });
    await expect(faulty).rejects.toMatchObject({
      errorCode: 'ERR_TRY_LOCK',
      status: 500,
    });
    expect(ran).toBe(false);
  });

  it('gives the result of the work where the lock could not be given back', async () => {
    const result = await client.lock.withLock(
      'locks',
      'left',
      () => {
        dapr.faults.failNext('lock');
        return 'done';
      },
      { ttl: '10s' },
    );
    expect(result).toBe('done');
  });

  it('rejects where the lock could not be given back, but must have run out', async () => {
    const late = client.lock.withLock(
      'locks',
      'left-late',
      async () => {
        await dapr.clock.advance('10s');
        dapr.faults.failNext('lock');
      },
      { ttl: '10s' },
    );
    await expect(late).rejects.toThrow(LockLostError);
  });

  it('throws what late work throws where the lock could not be given back', async () => {
    const error = new Error('broken');
    const late = client.lock.withLock(
      'locks',
      'thrown-late',
      async () => {
        await dapr.clock.advance('10s');
        dapr.faults.failNext('lock');
        throw error;
      },
      { ttl: '10s' },
    );
    await expect(late).rejects.toBe(error);
  });

  it.each([
    ['no time', '0s', /expiry is 0/],
    ['a number', '10', /lacks a unit/],
    ['years', 'P1Y', /years or months/],
  ])('refuses a ttl of %s', async (_what, ttl, message) => {
    const failed = client.lock.withLock('locks', 'r', () => 1, { ttl });
    await expect(failed).rejects.toThrow(DaprBadRequestError);
    await expect(failed).rejects.toThrow(message);
  });
});

interface Asked {
  readonly resourceId: string;
  readonly lockOwner: string;
}

/** A sidecar that never says whether it has taken a lock. */
async function silentSidecar() {
  const locks: Asked[] = [];
  const unlocks: Asked[] = [];
  const http = await startServer(({ url, body }, response) => {
    const asked = JSON.parse(body.toString()) as Asked;
    if (url.includes('/lock/')) return void locks.push(asked);
    unlocks.push(asked);
    response.end('{"status":0}');
  });
  const grpc = await startGrpcServer({
    tryLockAlpha1({ request }) {
      locks.push(request as Asked);
      return new Gate().answer();
    },
    unlockAlpha1({ request }) {
      unlocks.push(request as Asked);
      return { status: LockStatus.Success };
    },
  });
  return {
    locks,
    unlocks,
    addresses: { httpEndpoint: http.url, grpcEndpoint: grpc.address },
    close: () => Promise.all([http.close(), grpc.close()]),
  };
}

describe.each(['HTTP', 'GRPC'] as const)(
  'withLock over %s of a lock of which it does not know whether it has it',
  (protocol) => {
    it.each(['was aborted', 'took too long'])(
      'gives it back where asking for it %s',
      async (how) => {
        const sidecar = await silentSidecar();
        const clock = new ManualClock();
        const communicationProtocol = CommunicationProtocolEnum[protocol];
        const client = new DaprClient(
          { ...sidecar.addresses, communicationProtocol },
          { clock },
        );
        const stop = new AbortController();
        const work = (): string => 'done';
        const failed = client.lock.withLock('locks', 'unknown', work, {
          ttl: '10s',
          timeout: 1_000,
          signal: stop.signal,
        });
        failed.catch(() => undefined);
        await until(() => sidecar.locks.length === 1);
        if (how === 'was aborted') stop.abort(new Error('enough'));
        else clock.advance(1_000);
        await expect(failed).rejects.toThrow(/^enough$|within 1000 ms/);
        await until(() => sidecar.unlocks.length === 1);
        const { resourceId, lockOwner } = sidecar.locks[0]!;
        expect(resourceId).toBe('unknown');
        expect(sidecar.unlocks[0]).toMatchObject({ resourceId, lockOwner });
        await client.stop();
        await sidecar.close();
      },
    );
  },
);
