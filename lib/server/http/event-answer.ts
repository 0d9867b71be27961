import { isRefusal, statusOf, type Outcome } from '../outcome.js';
import { errorAnswer, type Answer } from './exchange.js';

/**
 * The answer to a call that knows no drop: a refusal says with its own status why, and only an outright drop counts as
 * handled. Never 404, which daprd takes for a job that is done with: no refusal has that status.
 */
export function eventAnswer(outcome: Outcome, what: string): Answer {
  if (outcome.status === 'SUCCESS') return { status: 200 };
  if (outcome.status === 'RETRY') return errorAnswer(500, 'the handler failed');
  return isRefusal(outcome.error)
    ? errorAnswer(statusOf(outcome.error), `the ${what} was refused`)
    : { status: 200 };
}
