import { contextCanceled } from './actor-error.js';

interface Caller {
  /** Of the sidecar that was called. */
  readonly instanceId: string;
  readonly signal: AbortSignal;
}

/**
 * Sidecars whose app has yet to tell its actor types. daprd holds state, timer and reminder calls back until it has
 * (dapr/dapr pkg/actors/actors.go), and tries calls of actors for five seconds.
 */
export class ExpectedApps {
  private readonly waiting = new Map<string, (() => void)[]>();

  expect(instanceId: string): void {
    if (!this.waiting.has(instanceId)) this.waiting.set(instanceId, []);
  }

  /** The app has told its types, or will not. */
  settle(instanceId: string): void {
    const waiting = this.waiting.get(instanceId) ?? [];
    this.waiting.delete(instanceId);
    for (const resolve of waiting) resolve();
  }

  clear(): void {
    for (const instanceId of this.waiting.keys()) this.settle(instanceId);
  }

  /** Resolves when the app behind that sidecar is not expected. */
  known({ instanceId, signal }: Caller): Promise<void> | undefined {
    const waiting = this.waiting.get(instanceId);
    if (!waiting) return undefined;
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(contextCanceled());
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      waiting.push(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }
}
