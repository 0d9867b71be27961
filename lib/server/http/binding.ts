import { BindingContext } from '../../contexts/binding.context.js';
import { decodeLenient } from '../../protocol/payload.js';
import type { Dispatcher } from '../dispatcher.js';
import type { RegisteredHandler } from '../handler-registry.js';
import { eventAnswer } from './event-answer.js';
import { callOf, type HttpCallback } from './exchange.js';

/** OPTIONS: daprd asks whether the app wants the binding's events. */
export function bindingProbe(): HttpCallback {
  return { verbs: ['OPTIONS'], handle: () => ({ status: 200 }) };
}

/**
 * An event of an input binding. daprd looks at the status only, and under a retry policy takes nothing but 200 for
 * success (dapr pkg/runtime/processor/binding/send.go).
 * @see https://docs.dapr.io/reference/api/bindings_api/#invoking-service-code-through-input-bindings
 */
export function bindingCallback(
  dispatcher: Dispatcher,
  bindingName: string,
  handler: RegisteredHandler,
): HttpCallback {
  return {
    verbs: ['POST'],
    async handle(exchange) {
      const context = new BindingContext(
        callOf(exchange, {
          bindingName,
        }),
      );
      const outcome = await dispatcher.dispatchEvent(
        handler,
        decodeLenient(exchange.body),
        context,
        () => `an event of binding "${bindingName}"`,
      );
      return eventAnswer(outcome, 'event');
    },
  };
}
