import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { Clock } from '../../protocol/clock.js';
import { parseGoDuration } from '../../protocol/go-duration.js';
import {
  decryptDocument,
  encryptDocument,
  type EncryptOptions,
  type KeyVault,
} from '../crypto/document.js';
import { jwksSource, type KeySource } from '../crypto/jwks.js';
import { unwrapKey, wrapKey } from '../crypto/key-wrap.js';
import { localStorageSource, requireFolder } from '../crypto/local-storage.js';
import type { Faults } from '../faults.js';
import type { Resources } from '../resources.js';
import {
  metadataFor,
  metadataValue,
  type Component,
} from '../resources/component.js';

export interface CryptoDependencies {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly resources: Resources;
  readonly warn: (line: string) => void;
}

/** Encrypts and decrypts with the keys of one component. */
export interface CryptoProvider {
  /** See {@link encryptDocument}. */
  encrypt(
    data: AsyncIterable<Buffer>,
    options: EncryptOptions,
  ): Promise<AsyncIterable<Buffer>>;
  /** See {@link decryptDocument}. */
  decrypt(
    document: AsyncIterable<Buffer>,
    keyName: string,
  ): Promise<AsyncIterable<Buffer>>;
}

type Providers = ReadonlyMap<string, CryptoProvider>;

// Of components-contrib crypto/jwks/metadata.go, which takes no less than the second number for said.
const REQUEST_TIMEOUT = [30_000, 1] as const;
const REFRESH_INTERVAL = [600_000, 1000] as const;

/** The components of type `crypto.*`, for each application those that it is in scope of. */
export class CryptoProviders {
  private readonly byApp = new Map<string, Providers>();

  constructor(private readonly deps: CryptoDependencies) {}

  /**
   * Looks at the components of an application, once.
   * @throws DaprConfigurationError for one whose keys are not where it says
   */
  load(appId: string): void {
    this.providersOf(appId);
  }

  hasAny(appId: string): boolean {
    return this.providersOf(appId).size > 0;
  }

  of(appId: string, name: string): CryptoProvider | undefined {
    return this.providersOf(appId).get(name);
  }

  private providersOf(appId: string): Providers {
    const known = this.byApp.get(appId);
    if (known) return known;
    const providers = new Map<string, CryptoProvider>();
    for (const component of this.deps.resources.componentsOf(appId)) {
      if (!component.type.startsWith('crypto.')) continue;
      const source = this.open(component, appId);
      if (source) providers.set(component.name, this.providerOf(source));
    }
    this.byApp.set(appId, providers);
    return providers;
  }

  private providerOf(source: KeySource): CryptoProvider {
    const vault: KeyVault = {
      async wrap(key, algorithm, keyName) {
        const wrapping = await source(keyName).catch((cause: Error) => {
          throw new Error(
            `failed to retrieve the key encryption key: ${cause.message}`,
            { cause },
          );
        });
        return wrapKey(wrapping, algorithm, key);
      },
      unwrap: async (wrapped, algorithm, keyName) =>
        unwrapKey(await source(keyName), algorithm, wrapped),
    };
    const { faults } = this.deps;
    return {
      async encrypt(data, options) {
        faults.check('crypto');
        return encryptDocument(data, vault, options);
      },
      async decrypt(document, keyName) {
        faults.check('crypto');
        return decryptDocument(document, vault, keyName);
      },
    };
  }

  /** Undefined for a component that may be left out. */
  private open(component: Component, appId: string): KeySource | undefined {
    try {
      return sourceOf(component, appId, this.deps.clock);
    } catch (cause) {
      const error = new DaprConfigurationError(
        `${component.file}: Component "${component.name}": ${(cause as Error).message}.`,
        { cause },
      );
      if (!component.ignoreErrors) throw error;
      this.deps.warn(`Left out: ${error.message}`);
      return undefined;
    }
  }
}

function sourceOf(
  component: Component,
  appId: string,
  clock: Clock,
): KeySource {
  const metadata = metadataFor(component, appId);
  const required = (name: string): string => {
    const value = metadataValue(metadata, name);
    if (value) return value;
    throw new Error(`the metadata "${name}" is missing`);
  };
  const milliseconds = (
    name: string,
    [usual, least]: readonly [number, number],
  ): number => {
    const given = parseGoDuration(metadataValue(metadata, name) ?? '') ?? 0;
    return given < least ? usual : given;
  };
  if (component.type === 'crypto.dapr.localstorage')
    return localStorageSource(requireFolder(required('path')));
  return jwksSource({
    location: required('jwks'),
    requestTimeout: milliseconds('requestTimeout', REQUEST_TIMEOUT),
    refreshInterval: milliseconds('minRefreshInterval', REFRESH_INTERVAL),
    clock,
  });
}
