import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DaprClient } from '../../../lib/index.js';
import { startBacking, type Backing } from '../../support/backing.js';
import { until } from '../../support/until.js';
import {
  removeScratch,
  scratchFolder,
  startControlPlane,
  type ControlPlane,
} from '../control-plane.js';
import { daprRun, type DaprRun } from '../dapr-run.js';
import type { LedgerState } from './ledger.actor.js';
import { startLedgerHost, type LedgerHost } from './ledger-host.js';

const LEDGERS = Array.from({ length: 40 }, (_, index) => `ledger-${index}`);
const WRITERS = 16;

/** Writes entries through `client` until it is told to end. */
class Load {
  /** What was acknowledged, by ledger. */
  readonly acknowledged = new Map<string, string[]>();
  failures = 0;
  private isEnding = false;
  private readonly writers: Promise<void>[];

  constructor(private readonly client: DaprClient) {
    this.writers = Array.from({ length: WRITERS }, (_, index) =>
      this.write(index),
    );
  }

  get count(): number {
    return [...this.acknowledged.values()].flat().length;
  }

  /** Waits until that many more were acknowledged. */
  async more(entries: number): Promise<void> {
    const goal = this.count + entries;
    await until(() => this.count >= goal, 60_000);
  }

  async end(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.writers);
  }

  private async write(writer: number): Promise<void> {
    for (let turn = 0; !this.isEnding; turn += 1) {
      const ledger = LEDGERS[(turn * WRITERS + writer * 7) % LEDGERS.length];
      const entry = `${writer}-${turn}`;
      await this.add(ledger ?? '', entry);
    }
  }

  private async add(ledger: string, entry: string): Promise<void> {
    const options = { timeout: 10_000 };
    try {
      await this.client.actor.invoke('Ledger', ledger, 'add', entry, options);
    } catch {
      // Nobody was told that it is written: it may be or not, but not twice.
      this.failures += 1;
      await delay(50);
      return;
    }
    const entries = this.acknowledged.get(ledger) ?? [];
    this.acknowledged.set(ledger, [...entries, entry]);
  }
}

describe('two processes that host one actor type', () => {
  let folder: string;
  let backing: Backing;
  let controlPlane: ControlPlane;
  let caller: DaprRun;
  let client: DaprClient;
  let hosts: [LedgerHost, LedgerHost];
  let load: Load;

  beforeEach(async () => {
    folder = await scratchFolder('two-hosts');
    backing = await startBacking('redis');
    controlPlane = await startControlPlane();
    const resourcesPath = join(folder, 'resources');
    await mkdir(resourcesPath);
    await writeFile(
      join(resourcesPath, 'store.yaml'),
      backing.component('state', 'store', { actorStateStore: 'true' }),
    );
    hosts = await Promise.all([
      startLedgerHost({ name: 'first', controlPlane, resourcesPath }),
      startLedgerHost({ name: 'second', controlPlane, resourcesPath }),
    ]);
    caller = await daprRun({ appId: 'caller', appPort: null, controlPlane });
    client = new DaprClient({ httpEndpoint: caller.url });
    load = new Load(client);
    await load.more(500);
  });

  afterEach(async () => {
    await load?.end();
    await client?.stop();
    await caller?.stop();
    await Promise.all((hosts ?? []).map((host) => host.stop()));
    await controlPlane?.stop();
    await backing?.stop();
    await removeScratch(folder);
  });

  it('lose nothing that they acknowledged when one of them and its sidecar are killed [A19]', async () => {
    await hosts[0].kill();
    await load.more(1_000);
    await expectBeats(hosts[1], [hosts[1]]);
    await expectExactlyOnce(hosts[1]);
  });

  it('lose nothing that they acknowledged when the process alone is killed [A19]', async () => {
    await hosts[0].killApp();
    await load.more(1_000);
    await expectBeats(hosts[1], [hosts[1]]);
    await expectExactlyOnce(hosts[1]);
  });

  it('lose nothing that they acknowledged when both are restarted in turn [A18]', async () => {
    for (const host of hosts) {
      await host.restart();
      await load.more(500);
    }
    await expectBeats(hosts[0], hosts);
    await expectExactlyOnce(hosts[0]);
  });

  /** What is stored, read beside the actors. */
  async function expectExactlyOnce({ sidecar }: LedgerHost): Promise<void> {
    await load.end();
    const direct = new DaprClient({ httpEndpoint: sidecar.url });
    let acknowledged = 0;
    for (const ledger of LEDGERS) {
      const read = <T>(key: string) =>
        direct.actor.stateGet<T>('Ledger', ledger, key);
      const stored = (await read<string[]>('entries')) ?? [];
      expect(stored).toEqual([...new Set(stored)]);
      expect((await read('written')) ?? 0).toBe(stored.length);
      const expected = load.acknowledged.get(ledger) ?? [];
      acknowledged += expected.length;
      expect(expected.filter((entry) => !stored.includes(entry))).toEqual([]);
    }
    await direct.stop();
    expect(acknowledged).toBeGreaterThan(1_000);
  }

  /** Every ledger hears its reminder from now on, on one of those hosts. */
  async function expectBeats(
    { sidecar }: LedgerHost,
    on: readonly LedgerHost[],
  ): Promise<void> {
    const direct = new DaprClient({ httpEndpoint: sidecar.url });
    const names = on.map(({ name }) => name);
    const since = Date.now();
    const silent = new Set(LEDGERS);
    await until(async () => {
      for (const ledger of silent) {
        const { by, at } = (await direct.actor.stateGet<LedgerState['beat']>(
          'Ledger',
          ledger,
          'beat',
        )) ?? { by: '', at: 0 };
        if (names.includes(by) && at > since) silent.delete(ledger);
      }
      return silent.size === 0;
    }, 60_000);
    await direct.stop();
  }
});
