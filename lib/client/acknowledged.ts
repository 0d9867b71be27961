/**
 * What a call without a result resolves with. A failed one rejects, so `error` is never there; it is declared so that
 * `const { error } = await …`, as code written for `@dapr/dapr` has it, goes on compiling.
 */
export interface Acknowledged {
  readonly error?: Error | undefined;
}

export const ACKNOWLEDGED: Acknowledged = Object.freeze({});
