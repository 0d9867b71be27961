import type { CallOptions } from '../call-options.js';
import { jsonOf, parseAnswer } from '../json.js';
import {
  requireExpiry,
  requireLockNames,
  type ClientLock,
  type LockResponse,
  type UnlockResponse,
  type WithLockOptions,
} from '../lock.js';
import { withLock } from '../with-lock.js';
import { JSON_TYPE, type HttpChannel } from './channel.js';
import { pathPart } from './path.js';

/** Locks over HTTP. */
export class HttpLock implements ClientLock {
  constructor(private readonly channel: HttpChannel) {}

  async lock(
    storeName: string,
    resourceId: string,
    lockOwner: string,
    expiryInSeconds: number,
    options?: CallOptions,
  ): Promise<LockResponse> {
    const operation = `lock.lock "${storeName}" resource "${resourceId}"`;
    requireLockNames(operation, storeName, resourceId, lockOwner);
    requireExpiry(operation, expiryInSeconds);
    return this.#post<LockResponse>(
      operation,
      `lock/${pathPart(operation, 'store name', storeName)}`,
      { resourceId, lockOwner, expiryInSeconds },
      options,
    );
  }

  tryLock(...call: Parameters<ClientLock['lock']>): Promise<LockResponse> {
    return this.lock(...call);
  }

  async unlock(
    storeName: string,
    resourceId: string,
    lockOwner: string,
    options?: CallOptions,
  ): Promise<UnlockResponse> {
    const operation = `lock.unlock "${storeName}" resource "${resourceId}"`;
    requireLockNames(operation, storeName, resourceId, lockOwner);
    return this.#post<UnlockResponse>(
      operation,
      `unlock/${pathPart(operation, 'store name', storeName)}`,
      { resourceId, lockOwner },
      options,
    );
  }

  withLock<T>(
    storeName: string,
    resourceId: string,
    work: (signal: AbortSignal) => Promise<T> | T,
    options: WithLockOptions,
  ): Promise<T> {
    const { clock } = this.channel;
    return withLock(this, clock, storeName, resourceId, work, options);
  }

  async #post<T>(
    operation: string,
    path: string,
    body: object,
    options: CallOptions | undefined,
  ): Promise<T> {
    const answer = await this.channel.send({
      operation,
      lane: 'leaf',
      method: 'POST',
      path: `/v1.0-alpha1/${path}`,
      body: jsonOf(operation, body),
      contentType: JSON_TYPE,
      options,
    });
    return parseAnswer(operation, answer.body) as T;
  }
}
