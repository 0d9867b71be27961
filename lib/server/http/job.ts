import { JobContext } from '../../contexts/job.context.js';
import { decodeLenient } from '../../protocol/payload.js';
import type { Dispatcher } from '../dispatcher.js';
import type { JobHandler } from '../job-handlers.js';
import { eventAnswer } from './event-answer.js';
import { callOf, type HttpCallback } from './exchange.js';

/**
 * A job that is due. daprd looks at the status only (pkg/channel/http, sendJob), and says of any body that it is JSON.
 * @see https://docs.dapr.io/reference/api/jobs_api/
 */
export function jobCallback(
  dispatcher: Dispatcher,
  handler: JobHandler,
): HttpCallback {
  const { name: jobName } = handler;
  return {
    verbs: ['POST'],
    async handle(exchange) {
      const outcome = await dispatcher.dispatchEvent(
        handler,
        decodeLenient(exchange.body),
        new JobContext(callOf(exchange, { jobName })),
        () => `job "${jobName}"`,
      );
      return eventAnswer(outcome, 'job');
    },
  };
}
