import { daprHandler } from './handler.js';

/**
 * Handles the events of an input binding, such as a cron schedule. An error means that Dapr tells the component so;
 * what that does is the component's affair. Of returned values only the words `'RETRY'` and `'DROP'` count.
 *
 * @param name name of the binding component (or its `route`)
 * @see https://docs.dapr.io/developing-applications/building-blocks/bindings/howto-triggers/
 */
export function InputBinding(name: string): MethodDecorator;
export function InputBinding(
  name: string,
  options: object = {},
): MethodDecorator {
  return daprHandler({ kind: 'binding', name, options });
}
