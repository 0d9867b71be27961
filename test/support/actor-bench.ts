import { Activity } from '../../lib/sidecar/activity.js';
import { HttpAppChannel } from '../../lib/sidecar/app/http.js';
import { Actors, type ActorHost } from '../../lib/sidecar/blocks/actors.js';
import { StateStores } from '../../lib/sidecar/blocks/state.js';
import { Faults } from '../../lib/sidecar/faults.js';
import { actorRoutes } from '../../lib/sidecar/http/actors.js';
import { Resiliency } from '../../lib/sidecar/resiliency.js';
import { Transcript } from '../../lib/sidecar/transcript.js';
import { VirtualClock } from '../../lib/sidecar/virtual-clock.js';
import type { AppConfig } from '../../lib/protocol/app-config.js';
import type { Component } from '../../lib/sidecar/resources/component.js';
import { RecordingApp } from '../conformance/recording-app.js';
import { call, type WireAnswer } from '../conformance/wire.js';
import { serveApi, type ApiServer } from './api-server.js';
import { stateComponent } from './state-component.js';

export interface ActorBenchOptions {
  readonly features?: readonly string[];
  readonly components?: readonly Component[];
}

/** The actor block of the sidecar, with the APIs of any sidecars and real applications behind it. */
export class ActorBench {
  readonly clock = new VirtualClock();
  readonly activity = new Activity();
  readonly faults = new Faults();
  readonly transcript = new Transcript();
  readonly warnings: string[] = [];
  readonly stores: StateStores;
  readonly actors: Actors;
  private readonly servers = new Map<string, Promise<ApiServer>>();
  private readonly hosts: BenchHost[] = [];

  constructor(options: ActorBenchOptions = {}) {
    const { clock, activity, faults, transcript } = this;
    this.stores = new StateStores({
      clock,
      faults,
      components: options.components ?? [
        stateComponent('store', 'state.in-memory', { actorStateStore: 'true' }),
      ],
    });
    this.actors = new Actors({
      clock,
      activity,
      faults,
      transcript,
      stores: this.stores,
      features: new Set(options.features),
      hasApiToken: false,
      resiliency: new Resiliency([]),
      warn: (line) => this.warnings.push(line),
    });
    clock.settleWith(() => activity.settled(50));
  }

  /** Starts an application and registers it. */
  async host(
    appId: string,
    config: Partial<AppConfig>,
    instanceId = `${appId}-1`,
  ): Promise<BenchHost> {
    const app = await new RecordingApp().listen();
    const channel = new HttpAppChannel(`http://127.0.0.1:${app.port}`);
    const departure = new AbortController();
    const host = {
      appId,
      instanceId,
      channel,
      leaving: departure.signal,
      app,
      leave: () => {
        departure.abort();
        return this.actors.leave(host);
      },
    };
    this.hosts.push(host);
    await this.actors.register(host, config);
    return host;
  }

  /** The API of a host's sidecar, or of the first one of an app id. */
  api(of: string | BenchHost): Promise<ApiServer> {
    const { appId, instanceId } =
      typeof of === 'string' ? { appId: of, instanceId: `${of}-1` } : of;
    const server =
      this.servers.get(instanceId) ??
      serveApi(appId, actorRoutes(this.actors), this.activity, instanceId);
    this.servers.set(instanceId, server);
    return server;
  }

  /** A call of a host's sidecar, or of the first one of an app id; `path` is that behind `/v1.0/actors/`. */
  async call(
    of: string | BenchHost,
    verb: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<WireAnswer> {
    return call(
      await this.api(of),
      verb,
      `/v1.0/actors/${path}`,
      body,
      headers,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.actors.close();
    for (const server of this.servers.values())
      await (await server)[Symbol.asyncDispose]();
    for (const { app, channel } of this.hosts) {
      await channel.close();
      await app.close();
    }
  }
}

export interface BenchHost extends ActorHost {
  readonly app: RecordingApp;
  /** It is about to go. */
  leave(): Promise<void>;
}
