import { GrpcCode } from '../../protocol/grpc-code.js';
import type { Faults } from '../faults.js';
import { Refusal } from '../refusal.js';
import type { Resources } from '../resources.js';
import { isSecretAllowed } from '../resources/secret-scopes.js';
import type { Secret, SecretStore } from '../resources/secret-store.js';

export interface SecretsDependencies {
  readonly resources: Resources;
  readonly faults: Faults;
}

/** The secret stores of the sidecar, as far as the scopes of a Configuration open them. */
export class Secrets {
  constructor(private readonly deps: SecretsDependencies) {}

  /** @throws Refusal */
  get(appId: string, storeName: string, key: string): Secret {
    const store = this.storeOf(appId, storeName);
    if (!this.isAllowed(storeName, key))
      throw new Refusal(
        'ERR_PERMISSION_DENIED',
        `access denied by policy to get ${JSON.stringify(key)} from ${JSON.stringify(storeName)}`,
        403,
        GrpcCode.permissionDenied,
      );
    return this.reading(
      `secret with key ${key} from secret store ${storeName}`,
      () => store.get(key),
    );
  }

  /** Those that are allowed. @throws Refusal */
  all(appId: string, storeName: string): Readonly<Record<string, Secret>> {
    const store = this.storeOf(appId, storeName);
    const all = this.reading(`secrets from secret store ${storeName}`, () =>
      store.all(),
    );
    return Object.fromEntries(
      Object.entries(all).filter(([key]) => this.isAllowed(storeName, key)),
    );
  }

  private storeOf(appId: string, name: string): SecretStore {
    const { resources } = this.deps;
    const stores = resources
      .componentsOf(appId)
      .filter((component) => resources.secretStores.has(component.name));
    if (stores.length === 0)
      throw new Refusal(
        'ERR_SECRET_STORES_NOT_CONFIGURED',
        'secret store is not configured',
        500,
        GrpcCode.failedPrecondition,
      );
    const store = stores.some((component) => component.name === name)
      ? resources.secretStores.get(name)
      : undefined;
    if (store) return store;
    throw new Refusal(
      'ERR_SECRET_STORE_NOT_FOUND',
      `failed finding secret store with key ${name}`,
      401,
      GrpcCode.invalidArgument,
    );
  }

  private isAllowed(storeName: string, key: string): boolean {
    return isSecretAllowed(this.deps.resources.secretScopes, storeName, key);
  }

  private reading<T>(what: string, read: () => T): T {
    try {
      this.deps.faults.check('secret');
      return read();
    } catch (error) {
      throw new Refusal(
        'ERR_SECRET_GET',
        `failed getting ${what}: ${(error as Error).message}`,
        500,
        GrpcCode.internal,
      );
    }
  }
}
