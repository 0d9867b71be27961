import type { Engine } from '../../lib/sidecar/engine.js';
import type { Sidecar } from '../../lib/sidecar/sidecar.js';
import { VirtualClock } from '../../lib/sidecar/virtual-clock.js';
import {
  RecordingApp,
  type Answering,
  type Received,
} from '../conformance/recording-app.js';
import { call, type WireAnswer } from '../conformance/wire.js';
import { startEngineOf } from './stage.js';

/** The actors that the hosts answer for. */
export const IDS = Array.from({ length: 20 }, (_, index) => `${index}`);

type Callback = 'method' | 'timer' | 'remind' | 'DELETE';

/** A process of node:http that hosts actors, and its sidecar. Methods answer its name. */
export class Host {
  constructor(
    readonly name: string,
    readonly app: RecordingApp,
    readonly sidecar: Sidecar,
  ) {}

  /** A call of its sidecar; `path` is that behind `/v1.0/actors/`. */
  call(verb: string, path: string, body?: unknown): Promise<WireAnswer> {
    return call(this.sidecar, verb, `/v1.0/actors/${path}`, body);
  }

  /** What it answers from now on, when it is asked for its actors and when these are called. */
  hosts(...entities: readonly string[]): this {
    this.app.on('GET /dapr/config', { body: { entities } });
    for (const type of entities)
      for (const id of IDS)
        this.on('method', `${type}/${id}`, { body: this.name })
          .on('timer', `${type}/${id}`, {})
          .on('remind', `${type}/${id}`, {})
          .on('DELETE', `${type}/${id}`, {});
    return this;
  }

  on(callback: Callback, actor: string, answering: Answering): this {
    this.app.on(endpointOf(callback, actor), answering);
    return this;
  }

  received(callback: Callback, actor: string): readonly Received[] {
    return this.app.received(endpointOf(callback, actor));
  }

  next(callback: Callback, actor: string): Promise<Received> {
    return this.app.next(endpointOf(callback, actor));
  }

  /** The ids that got such a call. */
  got(callback: Callback, type = 'Cart'): string[] {
    return IDS.filter((id) => this.received(callback, `${type}/${id}`).length);
  }
}

// Every actor has one method, one timer and one reminder at most.
function endpointOf(callback: Callback, actor: string): string {
  if (callback === 'DELETE') return `DELETE /actors/${actor}`;
  const path = { method: 'm', timer: 'timer/t', remind: 'remind/r' }[callback];
  return `PUT /actors/${actor}/method/${path}`;
}

/** An embedded sidecar on virtual time, with any number of processes that host actors. */
export class ActorHosts implements AsyncDisposable {
  private readonly disposals: (() => Promise<void>)[] = [];

  private constructor(
    readonly engine: Engine,
    readonly clock: VirtualClock,
  ) {}

  /** `resources` is YAML; without any there is a store for actors. */
  static async open(resources?: string): Promise<ActorHosts> {
    const clock = new VirtualClock();
    const engine = await startEngineOf(resources, { clock });
    const hosts = new ActorHosts(engine, clock);
    hosts.disposals.push(() => engine.close());
    return hosts;
  }

  /** A process that listens, and its sidecar, which is not connected to it. */
  async prepare(
    name: string,
    types: readonly string[],
    appId = 'carts',
  ): Promise<Host> {
    const app = await new RecordingApp().listen();
    this.disposals.unshift(() => app.close());
    const ports = { httpPort: 0, grpcPort: 0 };
    const sidecar = await this.engine.openSidecar({ appId, ...ports });
    return new Host(name, app, sidecar).hosts(...types);
  }

  /** The same, connected. */
  async start(
    name: string,
    types: readonly string[] = ['Cart'],
    appId?: string,
  ): Promise<Host> {
    const host = await this.prepare(name, types, appId);
    await host.sidecar.connect({ port: host.app.port });
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dispose of this.disposals) await dispose();
  }
}
