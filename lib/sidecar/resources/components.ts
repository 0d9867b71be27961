import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { readComponent, type Component } from './component.js';
import { isBuiltIn, isSubstitutable, refusal } from './component-types.js';
import type { Manifest } from './manifests.js';
import { openSecretStore, type SecretStore } from './secret-store.js';

export interface ComponentOptions {
  /** Serve stores and brokers that are not built in from memory. */
  readonly substitute: boolean;
  readonly log: (line: string) => void;
}

/** A component of a type that is not served, and of some applications only: these can't start, others can. */
export interface RefusedComponent {
  readonly scopes: readonly string[];
  readonly error: DaprConfigurationError;
}

export interface Components {
  readonly served: readonly Component[];
  readonly refused: readonly RefusedComponent[];
  /** Those among the served that are secret stores, opened, by name. */
  readonly secretStores: ReadonlyMap<string, SecretStore>;
}

/** There without any file, by the names that `dapr init` gives. */
export const DEFAULT_COMPONENTS: readonly Component[] = [
  {
    name: 'pubsub',
    type: 'pubsub.in-memory',
    version: 'v1',
    metadata: {},
    scopes: [],
    ignoreErrors: false,
  },
  {
    name: 'statestore',
    type: 'state.in-memory',
    version: 'v1',
    metadata: { actorStateStore: 'true' },
    scopes: [],
    ignoreErrors: false,
  },
];

/** @throws DaprConfigurationError that names file, component and remedy */
export async function readComponents(
  manifests: readonly Manifest[],
  options: ComponentOptions,
): Promise<Components> {
  const { log } = options;
  const served = new Map<string, Component>();
  const refused: RefusedComponent[] = [];
  const secretStores = new Map<string, SecretStore>();
  // As in daprd: the others may take their metadata from them.
  const secretStoresFirst = [
    ...manifests.filter(isSecretStore),
    ...manifests.filter((manifest) => !isSecretStore(manifest)),
  ];
  for (const manifest of secretStoresFirst) {
    const sources = { environment: process.env, secretStores, log };
    const component = readComponent(manifest, sources);
    const twin = served.get(component.name);
    if (twin)
      throw new DaprConfigurationError(
        `${component.file}: Component "${component.name}" has the name of another one in ${twin.file}. Rename one of them.`,
      );
    let error = admit(component, options);
    if (!error && isSecretStore(manifest))
      error = await openSecretStore(component, log).then(
        (store) => void secretStores.set(component.name, store),
        (failure: DaprConfigurationError) => leaveOut(component, failure, log),
      );
    if (!error) served.set(component.name, component);
    else if (!component.ignoreErrors)
      refused.push({ scopes: component.scopes, error });
  }
  return { served: [...served.values()], refused, secretStores };
}

function isSecretStore({ fields }: Manifest): boolean {
  return (
    fields.fields('spec').text('type')?.startsWith('secretstores.') ?? false
  );
}

/** Undefined when the component can be had. */
function admit(
  component: Component,
  options: ComponentOptions,
): DaprConfigurationError | undefined {
  if (isBuiltIn(component)) return undefined;
  if (options.substitute && isSubstitutable(component)) {
    options.log(
      `Component "${component.name}" (${component.type}) is served from memory: the embedded sidecar does not connect to it.`,
    );
    return undefined;
  }
  const error = refusal(component, options.substitute);
  return leaveOut(component, error, options.log);
}

/** @throws DaprConfigurationError where every application would miss it */
function leaveOut(
  component: Component,
  error: DaprConfigurationError,
  log: (line: string) => void,
): DaprConfigurationError {
  if (component.ignoreErrors) log(`Left out: ${error.message}`);
  else if (component.scopes.length === 0) throw error;
  return error;
}
