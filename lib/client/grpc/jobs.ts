import { formatGoDuration } from '../../protocol/duration.js';
import type { FailurePolicy } from '../../protocol/failure-policy.js';
import { VALUE_TYPE } from '../../protocol/job.js';
import { decodeLenient } from '../../protocol/payload.js';
import type { JobFailurePolicy } from '../../protocol/proto/generated/common.js';
import type { Job as WireJob } from '../../protocol/proto/generated/jobs.js';
import { ofProtoDuration } from '../../protocol/proto-duration.js';
import type { CallOptions } from '../call-options.js';
import {
  jobMessage,
  requireJobName,
  type ClientJobs,
  type Job,
  type JobRequest,
} from '../jobs.js';
import { decoding } from '../json.js';
import type { GrpcChannel } from './channel.js';
import { wirePolicy } from './failure-policy.js';

// With generated code, for those who speak gRPC.
const values = () => import('../../protocol/any-value.js');

/** Jobs over gRPC. */
export class GrpcJobs implements ClientJobs {
  constructor(private readonly channel: GrpcChannel) {}

  async schedule(
    name: string,
    job: JobRequest,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `jobs.schedule "${name}"`;
    requireJobName(operation, name);
    const { text, data, overwrite, failurePolicy } = jobMessage(operation, job);
    const { anyOfJson } = await values();
    await this.channel.unary(
      'scheduleJob',
      {
        job: {
          name,
          ...text,
          data: anyOfJson(data),
          ...(failurePolicy && { failurePolicy: wirePolicy(failurePolicy) }),
        },
        overwrite,
      },
      { operation, errorCode: 'DAPR_SCHEDULER_SCHEDULE_JOB', options },
    );
  }

  async get<T = unknown>(name: string, options?: CallOptions): Promise<Job<T>> {
    const operation = `jobs.get "${name}"`;
    requireJobName(operation, name);
    const { job } = await this.channel.unary(
      'getJob',
      { name },
      {
        operation,
        errorCode: 'DAPR_SCHEDULER_GET_JOB',
        options,
        repeatable: true,
      },
    );
    return (await jobOf(operation, { ...job, name })) as Job<T>;
  }

  async delete(name: string, options?: CallOptions): Promise<void> {
    const operation = `jobs.delete "${name}"`;
    requireJobName(operation, name);
    await this.channel.unary(
      'deleteJob',
      { name },
      { operation, errorCode: 'DAPR_SCHEDULER_DELETE_JOB', options },
    );
  }

  async list(options?: CallOptions): Promise<Job[]> {
    const operation = 'jobs.list';
    const { jobs } = await this.channel.unary(
      'listJobs',
      {},
      {
        operation,
        errorCode: 'DAPR_SCHEDULER_LIST_JOBS',
        options,
        repeatable: true,
      },
    );
    return Promise.all(jobs.map((job) => jobOf(operation, job)));
  }

  async deleteByPrefix(prefix: string, options?: CallOptions): Promise<void> {
    const operation = `jobs.deleteByPrefix "${prefix}"`;
    await this.channel.unary(
      'deleteJobsByPrefix',
      { namePrefix: prefix },
      { operation, errorCode: 'DAPR_SCHEDULER_DELETE_JOB', options },
    );
  }
}

async function jobOf(operation: string, wire: WireJob): Promise<Job> {
  const { jsonOfAny } = await values();
  const { name, schedule, dueTime, repeats, ttl, data } = wire;
  return {
    name,
    ...(schedule !== undefined && { schedule }),
    ...(dueTime !== undefined && { dueTime }),
    ...(repeats !== undefined && { repeats }),
    ...(ttl !== undefined && { ttl }),
    data:
      (data?.typeUrl === VALUE_TYPE
        ? decoding(operation, () => jsonOfAny(data))
        : decodeLenient(data?.value ?? NOTHING)) ?? null,
    failurePolicy: policyOf(wire.failurePolicy),
  };
}

const NOTHING = Buffer.alloc(0);

function policyOf(wire: JobFailurePolicy | undefined): FailurePolicy {
  if (wire?.policy?.$case === 'drop') return { drop: true };
  const { interval, maxRetries } = wire?.policy?.value ?? {};
  const milliseconds = interval ? ofProtoDuration(interval) : 0;
  return {
    constant: {
      interval: formatGoDuration(milliseconds),
      ...(maxRetries !== undefined && { maxRetries }),
    },
  };
}
