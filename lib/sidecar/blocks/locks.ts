import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { Clock } from '../../protocol/clock.js';
import { GrpcCode } from '../../protocol/grpc-code.js';
import type { Faults } from '../faults.js';
import { Refusal } from '../refusal.js';
import type { Resources } from '../resources.js';
import { metadataValue, type Component } from '../resources/component.js';

export interface LocksDependencies {
  readonly resources: Resources;
  readonly clock: Clock;
  readonly faults: Faults;
}

export interface LockRequest {
  readonly storeName: string;
  readonly resourceId: string;
  readonly lockOwner: string;
}

/** What the release of a lock came to, in Dapr's numbers. */
export const UnlockStatus = {
  success: 0,
  doesNotExist: 1,
  belongsToOthers: 2,
} as const;

export type UnlockStatus = (typeof UnlockStatus)[keyof typeof UnlockStatus];

interface Lock {
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The lock stores of the sidecar, all in memory, with the rules of components-contrib's lock/redis. */
export class Locks {
  private readonly stores: ReadonlyMap<string, Map<string, Lock>>;

  /** @throws DaprConfigurationError for a key prefix that can't be one */
  constructor(private readonly deps: LocksDependencies) {
    const components = deps.resources.components.filter(isLockStore);
    for (const component of components) requireLegalPrefix(component);
    this.stores = new Map(components.map(({ name }) => [name, new Map()]));
  }

  /**
   * False where somebody has it, be it the same owner.
   * @throws Refusal
   */
  tryLock(
    appId: string,
    request: LockRequest & { readonly expiryInSeconds: number },
  ): boolean {
    const { storeName, resourceId, lockOwner, expiryInSeconds } = request;
    if (expiryInSeconds <= 0)
      throw malformed(
        `ExpiryInSeconds is not positive in lock store ${storeName}`,
      );
    const component = this.componentOf(appId, request);
    return attempt('ERR_TRY_LOCK', 'failed to try acquiring lock', () => {
      const key = keyOf(component, appId, resourceId);
      this.deps.faults.check('lock');
      if (this.held(component, key)) return false;
      const expiresAt = this.deps.clock.now() + expiryInSeconds * 1000;
      this.stores
        .get(component.name)
        ?.set(key, { owner: lockOwner, expiresAt });
      return true;
    });
  }

  /** @throws Refusal */
  unlock(appId: string, request: LockRequest): UnlockStatus {
    const component = this.componentOf(appId, request);
    return attempt('ERR_UNLOCK', 'failed to release lock', () => {
      const key = keyOf(component, appId, request.resourceId);
      this.deps.faults.check('lock');
      const lock = this.held(component, key);
      if (!lock) return UnlockStatus.doesNotExist;
      if (lock.owner !== request.lockOwner) return UnlockStatus.belongsToOthers;
      this.stores.get(component.name)?.delete(key);
      return UnlockStatus.success;
    });
  }

  // In daprd's order (pkg/api/universal/lock.go).
  private componentOf(
    appId: string,
    { storeName, resourceId, lockOwner }: LockRequest,
  ): Component {
    const components = this.deps.resources
      .componentsOf(appId)
      .filter(isLockStore);
    if (components.length === 0)
      throw new Refusal(
        'ERR_LOCK_STORE_NOT_CONFIGURED',
        'lock store is not configured',
        500,
        GrpcCode.failedPrecondition,
      );
    if (resourceId === '')
      throw malformed(`ResourceId is empty in lock store ${storeName}`);
    if (lockOwner === '')
      throw malformed(`LockOwner is empty in lock store ${storeName}`);
    const component = components.find(({ name }) => name === storeName);
    if (component) return component;
    throw new Refusal(
      'ERR_LOCK_STORE_NOT_FOUND',
      `lock store ${storeName} not found`,
      400,
      GrpcCode.invalidArgument,
    );
  }

  /** Unless it has run out. */
  private held({ name }: Component, key: string): Lock | undefined {
    const lock = this.stores.get(name)?.get(key);
    return lock && lock.expiresAt > this.deps.clock.now() ? lock : undefined;
  }
}

function isLockStore({ type }: Component): boolean {
  return type.startsWith('lock.');
}

function attempt<T>(errorCode: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = `${what}: ${(error as Error).message}`;
    throw new Refusal(errorCode, message, 500, GrpcCode.internal);
  }
}

function malformed(message: string): Refusal {
  return new Refusal(
    'ERR_MALFORMED_REQUEST',
    message,
    400,
    GrpcCode.invalidArgument,
  );
}

/** As dapr's pkg/components/lock puts it together. */
function keyOf(component: Component, appId: string, resource: string): string {
  requireLegalKey(resource);
  const strategy = prefixOf(component);
  if (strategy === 'none') return resource;
  if (strategy === 'name') return `${component.name}||${resource}`;
  return `${strategy === 'appid' ? appId : strategy}||${resource}`;
}

function prefixOf({ metadata }: Component): string {
  return metadataValue(metadata, 'keyPrefix')?.toLowerCase() || 'appid';
}

function requireLegalKey(key: string): void {
  if (key.includes('||'))
    throw new Error(`input key/keyPrefix '${key}' can't contain '||'`);
}

function requireLegalPrefix(component: Component): void {
  const prefix = prefixOf(component);
  if (prefix.includes('||'))
    throw new DaprConfigurationError(
      `${component.file}: Component "${component.name}": the keyPrefix "${prefix}" can't contain "||".`,
    );
}
