import { Module, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ActorProxyFactory,
  DaprClient,
  DaprModule,
  type ActorProxy,
} from '../../../../lib/index.js';
import { SIDECAR_HOST } from '../../../../lib/dapr.module-definition.js';
import { startEngine } from '../../../../lib/sidecar/embedded.js';
import type { Engine } from '../../../../lib/sidecar/engine.js';
import type { Sidecar } from '../../../../lib/sidecar/sidecar.js';
import { VirtualClock } from '../../../../lib/sidecar/virtual-clock.js';
import { CapturedLog } from '../../../support/captured-log.js';
import { Door } from '../../../support/door.js';
import { Journal } from './journal.js';
import { ModelActor } from './model.actor.js';

const APP_ID = 'model';

/** A process that hosts the actors, and the door through which its sidecar reaches it. */
interface Host {
  readonly app: INestApplication;
  readonly port: number;
  readonly door: Door;
}

/** One sidecar on virtual time, and two processes of which it has one at a time as the host of its actors. */
export class World implements AsyncDisposable {
  private current = 0;

  private constructor(
    readonly clock: VirtualClock,
    readonly journal: Journal,
    private readonly engine: Engine,
    private readonly sidecar: Sidecar,
    private readonly client: DaprClient,
    private readonly hosts: readonly [Host, Host],
  ) {}

  static async open(): Promise<World> {
    const clock = new VirtualClock();
    const journal = new Journal();
    const engine = await startEngine({ clock });
    const sidecar = await engine.openSidecar({
      appId: APP_ID,
      httpPort: 0,
      grpcPort: 0,
    });
    const client = clientOf(sidecar);
    const hosts = [
      await openHost(sidecar, clock, journal),
      await openHost(sidecar, clock, journal),
    ] as const;
    const world = new World(clock, journal, engine, sidecar, client, [
      ...hosts,
    ]);
    await world.connect();
    return world;
  }

  actor(id: string): ActorProxy<ModelActor> {
    const proxies = new ActorProxyFactory({ client: () => this.client.actor });
    return proxies.get<ModelActor>('Model', id);
  }

  /** What lies in the store, read beside the actor. */
  stored(id: string): string[] {
    const key = `${APP_ID}||Model||${id}||log`;
    const value = this.engine.stores.forActors(APP_ID)?.get(key)?.value;
    return value === undefined ? [] : (JSON.parse(String(value)) as string[]);
  }

  failWrites(count: number): void {
    // Four in a row would end what Dapr tries of a reminder.
    this.heal();
    this.engine.faults.failNext('state.write', count);
  }

  heal(): void {
    this.engine.faults.clear();
  }

  /** The sidecar's connections break off, it forgets its actors, and asks the same process anew, or the other one. */
  async crash(kind: 'sidecar crash' | 'host change'): Promise<void> {
    await this.host.door.close();
    if (kind === 'host change') this.current = 1 - this.current;
    await this.connect();
  }

  idle(): Promise<void> {
    return this.engine.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { app } of this.hosts) await app.close();
    await this.client.stop();
    await this.engine.close();
    for (const { door } of this.hosts) await door.close();
  }

  private get host(): Host {
    return this.hosts[this.current] as Host;
  }

  private async connect(): Promise<void> {
    const { door, port } = this.host;
    await door.open(port);
    await this.sidecar.connect({ port: door.port });
  }
}

async function openHost(
  sidecar: Sidecar,
  clock: VirtualClock,
  journal: Journal,
): Promise<Host> {
  @Module({
    imports: [DaprModule.forRoot()],
    providers: [ModelActor, { provide: Journal, useValue: journal }],
  })
  class HostModule {}
  const done = (): Promise<void> => Promise.resolve();
  const compiled = await Test.createTestingModule({ imports: [HostModule] })
    .setLogger(new CapturedLog())
    .overrideProvider(SIDECAR_HOST)
    .useValue({
      clock,
      options: { sidecar: 'embedded', server: { drainDelay: 0 } },
      open: async () => ({
        httpEndpoint: `http://127.0.0.1:${sidecar.httpPort}`,
        grpcEndpoint: `127.0.0.1:${sidecar.grpcPort}`,
        connect: done,
        disconnect: done,
        close: done,
      }),
    })
    .compile();
  const app = compiled.createNestApplication();
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  return { app, port, door: Door.moving() };
}

function clientOf({ httpPort }: Sidecar): DaprClient {
  return new DaprClient({ daprPort: httpPort });
}
