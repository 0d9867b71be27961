import { setTimeout as delay } from 'node:timers/promises';
import type { Sidecar } from '../support/sidecar.js';
import { call, type WireAnswer } from './wire.js';

/** The calls of one store. */
export class Store {
  constructor(
    private readonly sidecar: () => Sidecar,
    private readonly name = 'store',
  ) {}

  get(key: string): Promise<WireAnswer> {
    return this.call('GET', `/${key}`);
  }
  save(...items: Record<string, unknown>[]): Promise<WireAnswer> {
    return this.call('POST', '', items);
  }
  delete(key: string, etag?: string): Promise<WireAnswer> {
    const headers: Record<string, string> = etag ? { 'if-match': etag } : {};
    return this.call('DELETE', `/${key}`, undefined, headers);
  }
  transact(operations: unknown[], more: object = {}): Promise<WireAnswer> {
    return this.call('POST', '/transaction', { operations, ...more });
  }
  async etag(key: string): Promise<string> {
    return (await this.get(key)).headers.etag as string;
  }
  /** Resolves when the key is gone. */
  async gone(key: string): Promise<void> {
    while ((await this.get(key)).status !== 204) await delay(10);
  }
  call(
    verb: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<WireAnswer> {
    const target = `/v1.0/state/${this.name}${path}`;
    return call(this.sidecar(), verb, target, body, headers);
  }
}
