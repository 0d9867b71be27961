import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { Clock } from '../../protocol/clock.js';
import type { Activity } from '../activity.js';
import type { Faults } from '../faults.js';
import type { Resiliency } from '../resiliency.js';
import type { Resources } from '../resources.js';
import { metadataFor, type Component } from '../resources/component.js';
import { attempt } from '../retries.js';
import { HttpBinding } from './http-binding.js';
import { LocalStorageBinding } from './localstorage-binding.js';
import type {
  BindingAnswer,
  BindingRequest,
  OutputBinding,
} from './output-binding.js';

export interface OutputBindingsDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly resources: Resources;
  readonly resiliency: Resiliency;
}

/** Throws an Error that says what is wrong with the metadata. */
type Create = (
  metadata: Readonly<Record<string, string>>,
  clock: Clock,
) => OutputBinding;

const TYPES: ReadonlyMap<string, Create> = new Map<string, Create>([
  ['bindings.http', (metadata, clock) => new HttpBinding(metadata, clock)],
  ['bindings.localstorage', (metadata) => new LocalStorageBinding(metadata)],
]);

/** Operations of applications on what is outside. */
export class OutputBindings {
  private readonly bindings = new Map<string, OutputBinding>();

  /** @throws DaprConfigurationError for metadata that can't be meant */
  constructor(private readonly deps: OutputBindingsDependencies) {
    for (const component of deps.resources.components)
      requireMetadata(component, deps.clock);
  }

  /** @throws Error in daprd's words, a BindingError where the component tells more */
  async invoke(
    appId: string,
    name: string,
    request: BindingRequest,
  ): Promise<BindingAnswer | undefined> {
    const { operation } = request;
    if (operation === '')
      throw new Error('operation field is missing from request');
    const component = this.deps.resources.componentOf(appId, name);
    const binding = component && this.bindingOf(appId, component);
    if (!binding) throw new Error(`couldn't find output binding ${name}`);
    if (!binding.operations.includes(operation))
      throw new Error(
        `binding ${name} does not support operation ${operation}. supported operations:${binding.operations.join(' ')}`,
      );
    const policy = this.deps.resiliency.outbound(appId, component);
    const until = request.signal && { until: request.signal };
    return attempt({ ...this.deps, ...until }, policy, async (timeout) => {
      this.deps.faults.check('binding');
      const signals = [timeout, request.signal].filter((each) => each != null);
      return binding.invoke({ ...request, signal: AbortSignal.any(signals) });
    });
  }

  async close(): Promise<void> {
    for (const binding of this.bindings.values()) await binding.close?.();
  }

  private bindingOf(
    appId: string,
    component: Component,
  ): OutputBinding | undefined {
    const key = `${appId}||${component.name}`;
    const known = this.bindings.get(key);
    if (known) return known;
    const create = TYPES.get(component.type);
    if (!create) return undefined;
    const binding = create(metadataFor(component, appId), this.deps.clock);
    this.bindings.set(key, binding);
    return binding;
  }
}

function requireMetadata(component: Component, clock: Clock): void {
  try {
    TYPES.get(component.type)?.(component.metadata, clock);
  } catch (error) {
    throw new DaprConfigurationError(
      `${component.file}: Component "${component.name}": ${(error as Error).message}.`,
      { cause: error },
    );
  }
}
