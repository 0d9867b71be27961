import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';
import {
  readFailurePolicy,
  type FailurePolicy,
  type FailurePolicyReading,
} from '../protocol/failure-policy.js';
import {
  jobWire,
  problemOfJobName,
  type JobText,
  type JobTimes,
} from '../protocol/job.js';
import type { CallOptions } from './call-options.js';
import { encoding, jsonOf } from './json.js';
import { requireName } from './name.js';

/** A job to schedule. It needs a `schedule`, a `dueTime`, or both. */
export interface JobRequest extends JobTimes {
  /** Any JSON, handed to the app each time; a Buffer goes as base64. Default null. */
  readonly data?: unknown;
  /** Take the place of a job of that name, which begins anew. Default false: the call fails with status 409. */
  readonly overwrite?: boolean | undefined;
  /** What happens when the app fails. Default: three more tries, a second apart. */
  readonly failurePolicy?: FailurePolicy | undefined;
}

/** A job as the scheduler holds it, with its times as they were sent. */
export interface Job<T = unknown> {
  readonly name: string;
  readonly schedule?: string;
  readonly dueTime?: string;
  readonly repeats?: number;
  readonly ttl?: string;
  /** Null where it was scheduled without data. */
  readonly data: T;
  readonly failurePolicy: FailurePolicy;
}

/**
 * Jobs: calls of the app that is calling now, at times to come. `@ScheduledJob` handles them. Jobs outlive the app and
 * its sidecar; one that is due while the app is away comes when it is back.
 * @see https://docs.dapr.io/reference/api/jobs_api/
 */
export interface ClientJobs {
  /**
   * @throws DaprBadRequestError for times that Dapr would not take, before it is called
   * @throws DaprError with status 409 where a job of that name exists, unless `overwrite` is true
   */
  schedule(name: string, job: JobRequest, options?: CallOptions): Promise<void>;
  /** @throws DaprNotFoundError where there is none of that name, as for one that has come for the last time */
  get<T = unknown>(name: string, options?: CallOptions): Promise<Job<T>>;
  /** Removes a job; there need not be one. */
  delete(name: string, options?: CallOptions): Promise<void>;
  /** All jobs of the app. Goes over gRPC, whatever the client's protocol: Dapr has no such call over HTTP. */
  list(options?: CallOptions): Promise<Job[]>;
  /**
   * Removes the jobs whose names begin with `prefix`; '' for all of the app. Goes over gRPC, whatever the client's
   * protocol: Dapr has no such call over HTTP.
   */
  deleteByPrefix(prefix: string, options?: CallOptions): Promise<void>;
}

/** A job as both protocols send it. */
export interface JobMessage {
  readonly text: JobText;
  /** JSON. Never nothing: daprd hands no HTTP app a job without data (pkg/channel/http, constructJobRequest). */
  readonly data: string;
  readonly overwrite: boolean;
  readonly failurePolicy: FailurePolicyReading | undefined;
}

/** @throws DaprBadRequestError for what Dapr would not take */
export function jobMessage(operation: string, job: JobRequest): JobMessage {
  const { data = null, overwrite = false, failurePolicy } = job;
  return {
    text: encoding(operation, () => jobWire(job)),
    data: jsonOf(operation, data),
    overwrite,
    failurePolicy:
      failurePolicy &&
      encoding(operation, () => readFailurePolicy(failurePolicy)),
  };
}

/** @throws DaprBadRequestError for a name that Dapr would not take, or could not deliver */
export function requireJobName(operation: string, name: string): void {
  requireName(operation, 'job name', name);
  const problem = problemOfJobName(name);
  if (problem === undefined) return;
  throw new DaprBadRequestError(
    `${operation} failed: the job name "${name}" ${problem}, which Dapr can't have in it.`,
    { operation },
  );
}
