import { Logger } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { ClientJobs, Job } from '../client/jobs.js';
import { DaprTimeoutError } from '../errors/dapr-timeout.error.js';
import { SidecarUnavailableError } from '../errors/sidecar-unavailable.error.js';
import type { ScheduledJobOptions } from '../handlers/scheduled-job.decorator.js';
import { sleep, type Clock } from '../protocol/clock.js';
import {
  DEFAULT_FAILURE_POLICY,
  readFailurePolicy,
} from '../protocol/failure-policy.js';
import { jobWire } from '../protocol/job.js';
import { toJson } from '../protocol/payload.js';
import { isScheduled, type JobHandler } from './job-handlers.js';

// Milliseconds between tries.
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/** Schedules the jobs that decorators give a time. */
export class JobSchedules {
  private readonly logger = new Logger('ServerDapr');
  private readonly stopped = new AbortController();

  constructor(
    private readonly jobs: () => ClientJobs,
    private readonly clock: Clock,
  ) {
    // Each call listens.
    setMaxListeners(0, this.stopped.signal);
  }

  /** Resolves when each has been tried once. What fails is tried again beside the app; it never rejects. */
  async start(handlers: Iterable<JobHandler>): Promise<void> {
    await Promise.all(
      [...handlers].filter(isScheduled).map((job) => this.first(job)),
    );
  }

  stop(): void {
    this.stopped.abort(new Error('the app is shutting down'));
  }

  private async first(job: JobHandler): Promise<void> {
    try {
      await this.schedule(job);
    } catch (error) {
      if (this.stopped.signal.aborted) return;
      this.logger.error(
        `Job "${job.name}" of ${job.owner} is not scheduled yet, and will be tried again: ${(error as Error).message}`,
      );
      void this.again(job);
    }
  }

  private async again(job: JobHandler): Promise<void> {
    const { signal } = this.stopped;
    for (let pause = FIRST_PAUSE; !signal.aborted; pause *= 2)
      try {
        await sleep(this.clock, Math.min(pause, LONGEST_PAUSE), signal);
        return await this.schedule(job);
      } catch {
        // Said once; the loop ends with the app.
      }
  }

  /** One that is as it should be is left alone: scheduled anew, it would begin anew at each start of the app. */
  private async schedule({ name, options }: JobHandler): Promise<void> {
    const { signal } = this.stopped;
    const jobs = this.jobs();
    const job = await jobs.get(name, { signal }).catch(unlessUnknown);
    if (job && isSame(job, options)) return;
    await jobs.schedule(name, { ...options, overwrite: true }, { signal });
  }
}

/** @throws the error where it leaves open whether there is such a job */
function unlessUnknown(error: unknown): undefined {
  if (
    error instanceof DaprTimeoutError ||
    error instanceof SidecarUnavailableError
  )
    throw error;
}

function isSame(job: Job, options: ScheduledJobOptions): boolean {
  const { schedule, dueTime, repeats, ttl, data, failurePolicy } = job;
  const there = { schedule, dueTime, repeats, ttl };
  const due = { ...NO_TIMES, ...jobWire(options) };
  return (
    isDeepStrictEqual(there, due) &&
    isDeepStrictEqual(data, JSON.parse(toJson(options.data ?? null))) &&
    isDeepStrictEqual(policyOf(failurePolicy), policyOf(options.failurePolicy))
  );
}

const NO_TIMES = {
  schedule: undefined,
  dueTime: undefined,
  repeats: undefined,
  ttl: undefined,
};

/** Undefined for one that nobody could have asked for here. */
function policyOf(policy: ScheduledJobOptions['failurePolicy']): unknown {
  try {
    return policy ? readFailurePolicy(policy) : DEFAULT_FAILURE_POLICY;
  } catch {
    return undefined;
  }
}
