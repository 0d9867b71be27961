import { HttpException, Logger } from '@nestjs/common';
import type { CurrentCall } from '../contexts/current-call.js';
import type { DaprContext } from '../contexts/dapr.context.js';
import { traceScope } from '../contexts/trace-scope.js';
import { DropMessageException } from '../handlers/drop-message.exception.js';
import { RetryMessageException } from '../handlers/retry-message.exception.js';
import type { RegisteredHandler } from './handler-registry.js';
import {
  isTopicEventStatus,
  type TopicEventStatus,
} from '../protocol/topic-status.js';
import { outcomeOf, type Outcome } from './outcome.js';
import { runHandler } from './run-handler.js';
import type { ServerOptions } from './server.options.js';

/** Called around every handler, for tracing packages; ServerDapr passes on what Nest's base class was given. */
export type ProcessingHooks = <T>(
  context: DaprContext,
  work: () => Promise<T>,
) => Promise<T>;

/** Runs controllers' handlers and says how they ended. Knows nothing of HTTP or gRPC. */
export class Dispatcher {
  private readonly logger = new Logger('ServerDapr');

  constructor(
    private readonly currentCall: CurrentCall,
    private readonly decide: ServerOptions['outcome'],
    private readonly hooks: ProcessingHooks,
  ) {}

  /** A failure of the handler is part of the outcome. */
  async dispatch(
    handler: RegisteredHandler,
    payload: unknown,
    context: DaprContext,
  ): Promise<Outcome> {
    try {
      const scope = traceScope(context.headers, context.tracestate);
      const value = await this.currentCall.run(scope, () =>
        this.hooks(context, () => runHandler(handler.run, payload, context)),
      );
      return { status: 'SUCCESS', value };
    } catch (error) {
      return this.outcomeOf(error, context);
    }
  }

  /** For messages, where a handler may also return the bare word, and a failure is nobody's to see but the log's. */
  async dispatchEvent(
    handler: RegisteredHandler,
    payload: unknown,
    context: DaprContext,
    what: () => string,
  ): Promise<Outcome> {
    const outcome = eventOutcome(
      await this.dispatch(handler, payload, context),
    );
    if (outcome.status === 'DROP')
      this.warn(
        `${handler.owner} refused ${what()}: ${messageOf(outcome.error)}`,
      );
    if (outcome.status === 'RETRY') this.failed(handler, what(), outcome.error);
    return outcome;
  }

  warn(message: string): void {
    this.logger.warn(message);
  }

  failed(handler: RegisteredHandler, what: string, error: unknown): void {
    this.logger.error(
      `${handler.owner} failed on ${what}: ${messageOf(error)}`,
      error instanceof Error ? error.stack : undefined,
    );
  }

  private outcomeOf(error: unknown, context: DaprContext): Outcome {
    const status = this.decided(error, context) ?? outcomeOf(error);
    return status === 'SUCCESS' ? { status } : { status, error };
  }

  private decided(
    error: unknown,
    context: DaprContext,
  ): TopicEventStatus | undefined {
    try {
      const status = this.decide?.(error, context);
      return isTopicEventStatus(status) ? status : undefined;
    } catch (failure) {
      this.logger.error(
        `server.outcome failed: ${messageOf(failure)}`,
        failure instanceof Error ? failure.stack : undefined,
      );
      return undefined;
    }
  }
}

function eventOutcome(outcome: Outcome): Outcome {
  if (outcome.status !== 'SUCCESS') return outcome;
  if (outcome.value === 'RETRY')
    return { status: 'RETRY', error: new RetryMessageException() };
  if (outcome.value === 'DROP')
    return { status: 'DROP', error: new DropMessageException() };
  return outcome;
}

// A ValidationPipe says in its exception's response what is wrong, as a list. Of an error that a filter of the app's has
// made nothing of, Nest makes a plain object.
function messageOf(error: unknown): string {
  if (error instanceof HttpException) {
    const { message } = Object(error.getResponse()) as { message?: unknown };
    if (Array.isArray(message)) return message.join('; ');
  }
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
