import type { Component } from './resources/component.js';
import {
  DEFAULT_COMPONENTS,
  readComponents,
  type ComponentOptions,
  type RefusedComponent,
} from './resources/components.js';
import {
  readHttpEndpoint,
  type HttpEndpoint,
} from './resources/http-endpoint.js';
import { readManifests, type Manifest } from './resources/manifests.js';
import {
  readSecretScopes,
  type SecretScope,
} from './resources/secret-scopes.js';
import type { SecretStore } from './resources/secret-store.js';
import {
  readResiliency,
  type ResiliencySpec,
} from './resources/resiliency-spec.js';
import {
  readSubscription,
  type DeclarativeSubscription,
} from './resources/subscription.js';

export interface ResourceOptions extends ComponentOptions {
  /** Folders; undefined: `pubsub` and `statestore`, the names that `dapr init` gives. */
  readonly folders: readonly string[] | undefined;
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

function readFeatures(manifest: Manifest): string[] {
  return manifest.fields
    .fields('spec')
    .list('features')
    .filter((feature) => feature.flag('enabled') ?? false)
    .map((feature) => feature.requiredText('name'));
}
