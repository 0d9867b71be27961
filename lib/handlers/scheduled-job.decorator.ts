import type { FailurePolicy } from '../protocol/failure-policy.js';
import type { JobTimes } from '../protocol/job.js';
import { daprHandler } from './handler.js';

/** With a `schedule`, a `dueTime`, or both, the job is scheduled when the app starts. */
export interface ScheduledJobOptions extends JobTimes {
  /** Any JSON: the payload of the handler. Default null. */
  readonly data?: unknown;
  /** What happens when the handler fails. Default: three more tries, a second apart. */
  readonly failurePolicy?: FailurePolicy | undefined;
}

/**
 * Handles a job, each time that it is due. Throwing means that Dapr does what the job's failure policy says.
 *
 * With a `schedule` or `dueTime` the job is scheduled when the app has started and its sidecar is ready: it takes the
 * place of a job of that name, unless that is the same, which goes on as it is. Without them the handler takes what
 * `client.jobs.schedule()` has scheduled. Dapr keeps a job when its handler is gone: `client.jobs.delete()` ends it.
 *
 * @param name of the job; not with `/ \ # ? %`
 * @see https://docs.dapr.io/developing-applications/building-blocks/jobs/jobs-overview/
 */
export function ScheduledJob(
  name: string,
  options: ScheduledJobOptions = {},
): MethodDecorator {
  return daprHandler({ kind: 'job', name, options });
}
