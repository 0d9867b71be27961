import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import type { ScheduledJobOptions } from '../handlers/scheduled-job.decorator.js';
import { DurationError } from '../protocol/duration.js';
import { readFailurePolicy } from '../protocol/failure-policy.js';
import { jobWire, problemOfJobName } from '../protocol/job.js';
import { PayloadError, toJson } from '../protocol/payload.js';
import type { RegisteredHandler } from './handler-registry.js';

export interface JobHandler extends RegisteredHandler {
  readonly name: string;
  readonly options: ScheduledJobOptions;
}

/** @throws {@link DaprConfigurationError} for a job that two handlers claim, or that Dapr would not take */
export function addJob(
  jobs: Map<string, JobHandler>,
  handler: JobHandler,
): void {
  const { owner, name } = handler;
  const earlier = jobs.get(name);
  if (earlier)
    throw new DaprConfigurationError(
      `${earlier.owner} and ${owner} both handle the job "${name}". ` +
        'Dapr calls one handler per job: remove one @ScheduledJob, or give it another name.',
    );
  const problem = problemOf(handler);
  if (problem !== undefined)
    throw new DaprConfigurationError(
      `@ScheduledJob("${name}") of ${owner} can't be: ${problem}.`,
    );
  jobs.set(name, handler);
}

/** Whether it is to be scheduled when the app starts. */
export function isScheduled({ options }: JobHandler): boolean {
  return options.schedule !== undefined || options.dueTime !== undefined;
}

function problemOf(handler: JobHandler): string | undefined {
  const { name, options } = handler;
  if (typeof name !== 'string' || name === '') return 'it has no name';
  const problem = problemOfJobName(name);
  if (problem !== undefined)
    return `its name ${problem}, which Dapr can't have in it`;
  if (!isScheduled(handler)) return unscheduled(options);
  try {
    jobWire(options);
    toJson(options.data ?? null);
    if (options.failurePolicy) readFailurePolicy(options.failurePolicy);
    return undefined;
  } catch (error) {
    if (error instanceof DurationError || error instanceof PayloadError)
      return error.message;
    throw error;
  }
}

function unscheduled(options: ScheduledJobOptions): string | undefined {
  const given = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key);
  return given.length === 0
    ? undefined
    : `it gives ${given.join(', ')} for a job that has neither a schedule nor a dueTime`;
}
