import { isObservable, type Observable } from 'rxjs';

/** A handler as Nest's microservice pipeline hands it to a transport. */
export type NestHandler = (
  payload: unknown,
  context: unknown,
) => Promise<unknown>;

/**
 * Runs a handler to its end. With an interceptor, or an Observable returned, nothing has happened before somebody
 * subscribes, so that is done here, once; the last value counts.
 */
export async function runHandler(
  handler: NestHandler,
  payload: unknown,
  context: unknown,
): Promise<unknown> {
  const result = await handler(payload, context);
  return isObservable(result) ? lastValue(result) : result;
}

function lastValue(stream: Observable<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    stream.subscribe({
      next: (value) => (last = value),
      error: reject,
      complete: () => resolve(last),
    });
  });
}
