import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import { readComponent, type Component } from './resources/component.js';
import {
  isBuiltIn,
  isSubstitutable,
  refusal,
} from './resources/component-types.js';
import {
  readHttpEndpoint,
  type HttpEndpoint,
} from './resources/http-endpoint.js';
import { readManifests, type Manifest } from './resources/manifests.js';
import {
  readSecretScopes,
  type SecretScope,
} from './resources/secret-scopes.js';
import { openSecretStore, type SecretStore } from './resources/secret-store.js';
import {
  readResiliency,
  type ResiliencySpec,
} from './resources/resiliency-spec.js';
import {
  readSubscription,
  type DeclarativeSubscription,
} from './resources/subscription.js';

export interface ResourceOptions {
  /** Folders; undefined: `pubsub` and `statestore`, the names that `dapr init` gives. */
  readonly folders: readonly string[] | undefined;
  readonly substitute: boolean;
  readonly log: (line: string) => void;
}

/** A component of a type that is not served, and of some applications only: these can't start, others can. */
interface RefusedComponent {
  readonly scopes: readonly string[];
  readonly error: DaprConfigurationError;
}

/** What the resource files say, for all applications; each application sees what its id is in scope of. */
export class Resources {
  constructor(
    readonly components: readonly Component[],
    private readonly subscriptions: readonly DeclarativeSubscription[],
    readonly resiliencies: readonly ResiliencySpec[],
    /** Preview features that a Configuration turns on. */
    readonly features: ReadonlySet<string>,
    private readonly refused: readonly RefusedComponent[] = [],
    /** The secret stores among the components, by name. */
    readonly secretStores: ReadonlyMap<string, SecretStore> = new Map(),
    readonly secretScopes: readonly SecretScope[] = [],
    private readonly httpEndpoints: readonly HttpEndpoint[] = [],
  ) {}

  /** @throws DaprConfigurationError when the application is in scope of a component that can't be had here */
  requireServed(appId: string): void {
    const refused = this.refused.find((each) => inScope(each, appId));
    if (refused) throw refused.error;
  }

  componentsOf(appId: string): readonly Component[] {
    return this.components.filter((component) => inScope(component, appId));
  }

  /** The component of that name, if the application may use it. */
  componentOf(appId: string, name: string): Component | undefined {
    return this.components.find(
      (component) => component.name === name && inScope(component, appId),
    );
  }

  httpEndpointsOf(appId: string): readonly HttpEndpoint[] {
    return this.httpEndpoints.filter((endpoint) => inScope(endpoint, appId));
  }

  /** The service of that name, if the application may invoke it. */
  httpEndpointOf(appId: string, name: string): HttpEndpoint | undefined {
    return this.httpEndpoints.find(
      (endpoint) => endpoint.name === name && inScope(endpoint, appId),
    );
  }

  subscriptionsOf(appId: string): readonly DeclarativeSubscription[] {
    return this.subscriptions.filter((each) => inScope(each, appId));
  }
}

/** @throws DaprConfigurationError that names file, resource and remedy */
export async function loadResources(
  options: ResourceOptions,
): Promise<Resources> {
  if (!options.folders)
    return new Resources(DEFAULT_COMPONENTS, [], [], new Set());
  const manifests: Manifest[] = [];
  for (const folder of options.folders)
    manifests.push(...(await readManifests(folder)));
  const kind = (wanted: string): Manifest[] =>
    manifests.filter((manifest) => manifest.kind === wanted);
  const { served, refused, secretStores } = await readComponents(
    kind('Component'),
    options,
  );
  const sources = { environment: process.env, secretStores, log: options.log };
  return new Resources(
    served,
    kind('Subscription').map(readSubscription),
    kind('Resiliency').map(readResiliency),
    new Set(kind('Configuration').flatMap(readFeatures)),
    refused,
    secretStores,
    readSecretScopes(kind('Configuration')),
    kind('HTTPEndpoint').map((manifest) => readHttpEndpoint(manifest, sources)),
  );
}

export function inScope(
  resource: { readonly scopes: readonly string[] },
  appId: string,
): boolean {
  return resource.scopes.length === 0 || resource.scopes.includes(appId);
}

const DEFAULT_COMPONENTS: readonly Component[] = [
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

async function readComponents(
  manifests: readonly Manifest[],
  options: ResourceOptions,
): Promise<{
  served: Component[];
  refused: RefusedComponent[];
  secretStores: ReadonlyMap<string, SecretStore>;
}> {
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
  options: ResourceOptions,
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

function readFeatures(manifest: Manifest): string[] {
  return manifest.fields
    .fields('spec')
    .list('features')
    .filter((feature) => feature.flag('enabled') ?? false)
    .map((feature) => feature.requiredText('name'));
}
