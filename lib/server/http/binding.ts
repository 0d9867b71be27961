import { BindingContext } from '../../contexts/binding.context.js';
import { decodeLenient } from '../../protocol/payload.js';
import type { Dispatcher } from '../dispatcher.js';
import type { RegisteredHandler } from '../handler-registry.js';
import { isRefusal, statusOf, type Outcome } from '../outcome.js';
import {
  callOf,
  errorAnswer,
  type Answer,
  type HttpCallback,
} from './exchange.js';

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
      return answerOf(outcome);
    },
  };
}

// Bindings know no drop: a refusal says with its own status why, and only an outright drop counts as handled.
function answerOf(outcome: Outcome): Answer {
  if (outcome.status === 'SUCCESS') return { status: 200 };
  if (outcome.status === 'RETRY') return errorAnswer(500, 'the handler failed');
  return isRefusal(outcome.error)
    ? errorAnswer(statusOf(outcome.error), 'the event was refused')
    : { status: 200 };
}
