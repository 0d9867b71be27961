import type { Clock, ScheduledCall } from '../../protocol/clock.js';
import { DurationError } from '../../protocol/duration.js';
import { resolveJob, type JobText } from '../../protocol/job.js';
import type { Schedule } from '../../protocol/schedule.js';
import type { Activity } from '../activity.js';
import { deliverJob, type JobData } from '../app/job.js';
import type { Replica } from '../app/replica.js';
import { InjectedFault, type Faults } from '../faults.js';
import type { Transcript } from '../transcript.js';
import {
  DEFAULT_POLICY,
  delayOf,
  triesAgain,
  type JobFailurePolicy,
} from './failure-policy.js';
import { fireAt } from './fire-at.js';
import {
  jobExists,
  jobFailed,
  jobKey,
  jobNameEmpty,
  jobNameRefusal,
  jobScheduleEmpty,
  type JobOperation,
} from './job-refusals.js';

export interface JobRequest extends JobText {
  readonly name: string;
  readonly data: JobData | undefined;
  readonly failurePolicy: JobFailurePolicy | undefined;
  readonly overwrite: boolean;
}

/** A job as its app reads it back. */
export interface RegisteredJob extends JobText {
  readonly name: string;
  readonly data: JobData | undefined;
  readonly failurePolicy: JobFailurePolicy;
}

interface Job {
  readonly appId: string;
  readonly registered: RegisteredJob;
  readonly schedule: Schedule;
  fired: number;
  /** Failed deliveries of the current tick. */
  failures: number;
  /** Due, and no process of the app is there. */
  waiting: boolean;
  next?: ScheduledCall;
}

export interface JobsDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly transcript: Transcript;
  readonly warn: (line: string) => void;
}

/** The jobs of all apps. They outlive the processes of their app, as in Dapr's scheduler. */
export class Jobs {
  private readonly jobs = new Map<string, Job>();
  private readonly takers = new Map<string, Replica[]>();

  constructor(private readonly deps: JobsDependencies) {}

  /** @throws Refusal */
  schedule(appId: string, request: JobRequest): void {
    const { overwrite, ...asked } = request;
    const { name, data, failurePolicy = DEFAULT_POLICY, ...times } = asked;
    if (name === '') throw jobNameEmpty(appId);
    if (times.schedule === undefined && times.dueTime === undefined)
      throw jobScheduleEmpty(appId);
    this.attempt(appId, 'schedule', name);
    const schedule = this.read(appId, times);
    const key = jobKey(appId, name);
    if (!overwrite && this.jobs.has(key)) throw jobExists(appId, name);
    this.remove(key);
    const registered = { ...times, name, data, failurePolicy };
    const progress = { fired: 0, failures: 0, waiting: false };
    const job: Job = { appId, registered, schedule, ...progress };
    this.jobs.set(key, job);
    this.arm(job);
  }

  /** @throws Refusal where there is none */
  get(appId: string, name: string): RegisteredJob {
    if (name === '') throw jobNameEmpty(appId);
    this.attempt(appId, 'get', name);
    const job = this.jobs.get(jobKey(appId, name));
    if (job) return job.registered;
    throw jobFailed(
      appId,
      'get',
      `rpc error: code = NotFound desc = job not found: ${name}`,
    );
  }

  /** @throws Refusal */
  delete(appId: string, name: string): void {
    if (name === '') throw jobNameEmpty(appId);
    this.attempt(appId, 'delete', name);
    this.remove(jobKey(appId, name));
  }

  /** @throws Refusal */
  deleteByPrefix(appId: string, prefix: string): void {
    this.attempt(appId, 'delete');
    for (const { registered } of this.jobsOf(appId))
      if (registered.name.startsWith(prefix))
        this.remove(jobKey(appId, registered.name));
  }

  /** In the order of their names. @throws Refusal */
  list(appId: string): RegisteredJob[] {
    this.attempt(appId, 'list');
    return this.jobsOf(appId)
      .map(({ registered }) => registered)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A process takes the jobs of its app: what was due without one goes out now. Returns how to end that. */
  join(replica: Replica): () => void {
    const { appId } = replica;
    this.takers.set(appId, [...(this.takers.get(appId) ?? []), replica]);
    for (const job of this.jobsOf(appId)) if (job.waiting) void this.fire(job);
    return () => {
      const others = this.takers.get(appId) ?? [];
      this.takers.set(
        appId,
        others.filter((other) => other !== replica),
      );
    };
  }

  close(): void {
    for (const key of this.jobs.keys()) this.remove(key);
  }

  private jobsOf(appId: string): Job[] {
    return [...this.jobs.values()].filter((job) => job.appId === appId);
  }

  private attempt(appId: string, operation: JobOperation, name?: string): void {
    try {
      this.deps.faults.check('job');
    } catch (error) {
      if (!(error instanceof InjectedFault)) throw error;
      throw jobFailed(appId, operation, error.message);
    }
    const refusal =
      name === undefined ? undefined : jobNameRefusal(appId, operation, name);
    if (refusal) throw refusal;
  }

  private read(appId: string, times: JobText): Schedule {
    try {
      return resolveJob(times, this.deps.clock.now());
    } catch (error) {
      if (!(error instanceof DurationError)) throw error;
      throw jobFailed(appId, 'schedule', error.message);
    }
  }

  private remove(key: string): void {
    this.jobs.get(key)?.next?.cancel();
    this.jobs.delete(key);
  }

  /** The next tick is set when the last one is done with; what is late by then follows at once. */
  private arm(job: Job): void {
    const due = job.schedule.at(job.fired);
    if (due === undefined)
      return this.remove(jobKey(job.appId, job.registered.name));
    const at = due + delayOf(job.registered.failurePolicy, job.failures);
    job.next = fireAt(this.deps, at, () => void this.fire(job));
  }

  private async fire(job: Job): Promise<void> {
    const { name, data } = job.registered;
    const replica = this.nextTaker(job.appId);
    job.waiting = replica === undefined;
    if (!replica) return;
    const status = await this.deps.activity.track(() =>
      deliverJob(replica, this.deps, name, data),
    );
    if (this.jobs.get(jobKey(job.appId, name)) !== job) return;
    // The process went away with it: another one gets it.
    if (status === undefined && replica.leaving.aborted) return this.fire(job);
    this.settle(job, status);
    this.arm(job);
  }

  /** Counts a tick, or a failed try of it. A 404 is done with, as for daprd. */
  private settle(job: Job, status = 0): void {
    const isSuccess = status >= 200 && status <= 299;
    if (!isSuccess) this.report(job, status);
    job.failures = isSuccess || status === 404 ? 0 : job.failures + 1;
    const { failurePolicy } = job.registered;
    if (job.failures > 0 && triesAgain(failurePolicy, job.failures)) return;
    job.failures = 0;
    job.fired += 1;
  }

  private report({ appId, registered }: Job, status: number): void {
    const why = status === 404 ? 'does not know' : 'failed on';
    this.deps.warn(
      `Application "${appId}" ${why} job "${registered.name}" (${status || 'no answer'}).`,
    );
  }

  /** The processes of an app take turns. */
  private nextTaker(appId: string): Replica | undefined {
    const takers = this.takers.get(appId);
    const next = takers?.shift();
    if (next) takers?.push(next);
    return next;
  }
}
