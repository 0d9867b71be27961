import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import { inScope } from './resources.js';
import type {
  PolicyNames,
  ResiliencySpec,
  RetrySpec,
} from './resources/resiliency-spec.js';

/** What holds for one kind of call; empty: one attempt, as long as it takes. */
export interface Policy {
  /** Milliseconds for one attempt. */
  readonly timeout?: number;
  readonly retry?: RetrySpec;
}

const CATEGORIES: Readonly<Record<string, string>> = {
  pubsub: 'Pubsub',
  bindings: 'Binding',
  state: 'Statestore',
  configuration: 'Configuration',
};

/**
 * Timeouts and retries by target. A target that a file names has the policies that it names there and no others; any
 * other target has the policies that are called `Default…Policy`.
 * @see https://docs.dapr.io/operations/resiliency/policies/default-policies/
 */
export class Resiliency {
  constructor(private readonly specs: readonly ResiliencySpec[]) {
    for (const spec of specs) this.requirePolicies(spec);
  }

  /** For calls of a component to the application: deliveries of messages and of binding events. */
  inbound(appId: string, component: { name: string; type: string }): Policy {
    return this.policy(appId, 'inbound', component.name, [
      `${categoryOf(component.type)}ComponentInbound`,
      'ComponentInbound',
      'Component',
    ]);
  }

  /** For calls of an application to a component. */
  outbound(appId: string, component: { name: string; type: string }): Policy {
    return this.policy(appId, 'outbound', component.name, [
      `${categoryOf(component.type)}ComponentOutbound`,
      'ComponentOutbound',
      'Component',
    ]);
  }

  /** For service invocation of `target` by the application. */
  app(appId: string, target: string): Policy {
    return this.policy(appId, 'apps', target, ['App']);
  }

  /** For calls of actors of a type by the application. */
  actor(appId: string, actorType: string): Policy {
    return this.policy(appId, 'actors', actorType, ['Actor']);
  }

  /** Whether a file names the actor type, so that daprd's built-in retries do not hold for it. */
  namesActor(appId: string, actorType: string): boolean {
    return this.specsOf(appId).some(({ actors }) => actors.has(actorType));
  }

  /** Names of the resources that hold for the application. */
  namesOf(appId: string): string[] {
    return this.specsOf(appId).map((spec) => spec.name);
  }

  private policy(
    appId: string,
    kind: 'apps' | 'actors' | 'inbound' | 'outbound',
    target: string,
    levels: readonly string[],
  ): Policy {
    const specs = this.specsOf(appId);
    if (specs.length === 0) return {};
    const named = last(specs, (spec) => spec[kind].get(target));
    const find = <T>(
      name: string | undefined,
      what: 'Timeout' | 'Retry',
      of: (spec: ResiliencySpec, name: string) => T | undefined,
    ): T | undefined => {
      const names = named
        ? [name ?? '']
        : [...levels, ''].map((level) => `Default${level}${what}Policy`);
      for (const each of names) {
        const found = last(specs, (spec) => of(spec, each));
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const timeout = find(named?.timeout, 'Timeout', (spec, name) =>
      spec.timeouts.get(name),
    );
    const retry = find(named?.retry, 'Retry', (spec, name) =>
      spec.retries.get(name),
    );
    return { ...(timeout && { timeout }), ...(retry && { retry }) };
  }

  private specsOf(appId: string): ResiliencySpec[] {
    return this.specs.filter((spec) => inScope(spec, appId));
  }

  private requirePolicies(spec: ResiliencySpec): void {
    const targets = [spec.apps, spec.actors, spec.inbound, spec.outbound];
    for (const [target, names] of targets.flatMap((map) => [...map])) {
      this.requirePolicy(spec, target, 'timeout', names);
      this.requirePolicy(spec, target, 'retry', names);
    }
  }

  private requirePolicy(
    spec: ResiliencySpec,
    target: string,
    kind: 'timeout' | 'retry',
    names: PolicyNames,
  ): void {
    const name = names[kind];
    if (name === undefined || name.startsWith('DaprBuiltIn')) return;
    const policies = kind === 'timeout' ? 'timeouts' : 'retries';
    if (this.specs.some((each) => each[policies].has(name))) return;
    throw new DaprConfigurationError(
      `Resiliency "${spec.name}": target "${target}" names the ${kind} policy "${name}", which is not defined. Define it under spec.policies.${policies}.`,
    );
  }
}

function categoryOf(type: string): string {
  return CATEGORIES[type.slice(0, type.indexOf('.'))] ?? '';
}

/** What the last of them says, since later files override earlier ones. */
function last<T>(
  specs: readonly ResiliencySpec[],
  of: (spec: ResiliencySpec) => T | undefined,
): T | undefined {
  return specs.reduce<T | undefined>(
    (found, spec) => of(spec) ?? found,
    undefined,
  );
}
