import type {
  ApplicationConfig,
  ModuleRef,
  ModulesContainer,
} from '@nestjs/core';
import type { ClientActor } from '../../client/actor.js';
import type { CurrentCall } from '../../contexts/current-call.js';
import type { AppConfig } from '../../protocol/app-config.js';
import type { Clock } from '../../protocol/clock.js';
import type { ActorsOptions } from '../actors.options.js';
import type { ActorCall, ActorReply } from './actor-call.js';

export type { ActorCall, ActorReply };

export interface ActorRuntimeDependencies {
  /** Asked at each call. */
  readonly client: () => ClientActor;
  readonly moduleRef: ModuleRef;
  readonly modules: ModulesContainer;
  /** The app's own. */
  readonly config: ApplicationConfig;
  /** Whether the app's global enhancers reach actor methods. */
  readonly inheritAppConfig: boolean;
  readonly options: ActorsOptions;
  readonly currentCall: CurrentCall;
  readonly clock: Clock;
}

/** Hosts the actors of one app: what Dapr calls ends here, whatever the wire. */
export class ActorRuntime {
  constructor(private readonly dependencies: ActorRuntimeDependencies) {}

  /**
   * Finds the actor types among the providers of all modules.
   * @throws DaprConfigurationError where they are put together wrongly
   */
  start(): void {
    void this.dependencies;
    throw new Error('not built yet');
  }

  get hasActors(): boolean {
    return this.types.length > 0;
  }

  /** The actor types that this app hosts. */
  get types(): readonly string[] {
    return [];
  }

  /** The answer to GET /dapr/config. */
  appConfig(): AppConfig {
    return { entities: this.types };
  }

  /** A new sidecar asked: whatever is in memory is out of date, and no turn begun before may commit. */
  newWorld(): void {}

  /** Runs a call. Never rejects: a failure is an answer, too. */
  dispatch(call: ActorCall): Promise<ActorReply> {
    void call;
    return Promise.reject(new Error('not built yet'));
  }

  /** Dapr has forgotten an instance. Resolves when its running turn and `onDeactivate` have ended. */
  async deactivate(actorType: string, actorId: string): Promise<void> {
    void [actorType, actorId];
  }

  /** From here on only the calls that running turns wait for are taken. Resolves when no turn runs or waits. */
  async drain(): Promise<void> {}

  /** Drains, then deactivates every instance. */
  async stop(): Promise<void> {}
}
