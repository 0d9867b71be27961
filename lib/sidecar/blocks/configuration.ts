import { randomUUID } from 'node:crypto';
import { GrpcCode } from '../../protocol/grpc-code.js';
import type { Faults } from '../faults.js';
import { Refusal } from '../refusal.js';
import type { Resources } from '../resources.js';
import type { Component } from '../resources/component.js';
import {
  ConfigurationStore,
  type ChangeListener,
  type ConfigurationItem,
} from './configuration-store.js';

export interface ConfigurationsDependencies {
  readonly resources: Resources;
  readonly faults: Faults;
}

/** What an application asks of a store. */
export interface ConfigurationRequest {
  readonly storeName: string;
  /** None: all. */
  readonly keys: readonly string[];
}

export interface ConfigurationSubscriber {
  readonly changed: ChangeListener;
  /** The subscription is over, by whomever it was ended. */
  readonly ended?: () => void;
}

interface Subscription {
  readonly storeName: string;
  readonly end: () => void;
}

/** The configuration stores of the sidecar, and who is told of changes. */
export class Configurations {
  private readonly stores: ReadonlyMap<string, ConfigurationStore>;
  private readonly subscriptions = new Map<string, Subscription>();

  /** @throws DaprConfigurationError for initial values that can't be read */
  constructor(private readonly deps: ConfigurationsDependencies) {
    this.stores = new Map(
      deps.resources.components
        .filter(isConfigurationStore)
        .map((component) => [
          component.name,
          new ConfigurationStore(component),
        ]),
    );
  }

  /** By the name of its component, whatever its scopes. @throws Error */
  store(name: string): ConfigurationStore {
    const store = this.stores.get(name);
    if (store) return store;
    const names = [...this.stores.keys()].join(', ') || 'none';
    throw new Error(
      `There is no configuration store "${name}" among the components; there is ${names}.`,
    );
  }

  /** @throws Refusal */
  get(
    appId: string,
    { storeName, keys }: ConfigurationRequest,
  ): ReadonlyMap<string, ConfigurationItem> {
    const store = this.storeOf(appId, storeName);
    try {
      this.deps.faults.check('configuration');
      return store.get(keys);
    } catch (error) {
      throw new Refusal(
        'ERR_CONFIGURATION_GET',
        `failed to get [${keys.join(' ')}] from Configuration store ${storeName}: ${(error as Error).message}`,
        500,
        GrpcCode.internal,
      );
    }
  }

  /** Begins to tell of changes; returns the subscription's id. @throws Refusal */
  subscribe(
    appId: string,
    { storeName, keys }: ConfigurationRequest,
    { changed, ended }: ConfigurationSubscriber,
  ): string {
    const store = this.storeOf(appId, storeName);
    try {
      this.deps.faults.check('configuration');
    } catch (error) {
      throw new Refusal(
        'ERR_CONFIGURATION_SUBSCRIBE',
        `failed to subscribe [${keys.join(' ')}] from Configuration store ${storeName}: ${(error as Error).message}`,
        500,
        GrpcCode.invalidArgument,
      );
    }
    const id = randomUUID();
    const stop = store.listen(keys, changed);
    this.subscriptions.set(id, {
      storeName,
      end() {
        stop();
        ended?.();
      },
    });
    return id;
  }

  /** False where there is no such subscription to the store. */
  unsubscribe(storeName: string, id: string): boolean {
    const subscription = this.subscriptions.get(id);
    if (subscription?.storeName !== storeName) return false;
    this.subscriptions.delete(id);
    subscription.end();
    return true;
  }

  /** @throws Refusal where the application has no such store */
  requireStore(appId: string, name: string): void {
    this.storeOf(appId, name);
  }

  private storeOf(appId: string, name: string): ConfigurationStore {
    const components = this.deps.resources
      .componentsOf(appId)
      .filter(isConfigurationStore);
    if (components.length === 0)
      throw new Refusal(
        'ERR_CONFIGURATION_STORE_NOT_CONFIGURED',
        'configuration stores not configured',
        500,
        GrpcCode.failedPrecondition,
      );
    const isThere = components.some((component) => component.name === name);
    const store = isThere ? this.stores.get(name) : undefined;
    if (store) return store;
    throw new Refusal(
      'ERR_CONFIGURATION_STORE_NOT_FOUND',
      `configuration store ${name} not found`,
      400,
      GrpcCode.invalidArgument,
    );
  }
}

function isConfigurationStore({ type }: Component): boolean {
  return type.startsWith('configuration.');
}
