import { contextCanceled } from './actor-error.js';

/**
 * Apps that have yet to tell their actor types. daprd holds their state, timer and reminder calls back until they have
 * (dapr/dapr pkg/actors/actors.go).
 */
export class ExpectedApps {
  private readonly waiting = new Map<string, (() => void)[]>();

  expect(appId: string): void {
    if (!this.waiting.has(appId)) this.waiting.set(appId, []);
  }

  /** The app has told its types, or will not. */
  settle(appId: string): void {
    const waiting = this.waiting.get(appId) ?? [];
    this.waiting.delete(appId);
    for (const resolve of waiting) resolve();
  }

  clear(): void {
    for (const appId of this.waiting.keys()) this.settle(appId);
  }

  /** Resolves when the app is not expected. */
  known(appId: string, signal: AbortSignal): Promise<void> | undefined {
    const waiting = this.waiting.get(appId);
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
