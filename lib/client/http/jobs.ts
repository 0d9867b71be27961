import { DaprError } from '../../errors/dapr.error.js';
import { formatGoDuration } from '../../protocol/duration.js';
import type {
  FailurePolicy,
  FailurePolicyReading,
} from '../../protocol/failure-policy.js';
import {
  parseProtoDuration,
  protoDurationText,
} from '../../protocol/proto-duration.js';
import type { CallOptions } from '../call-options.js';
import {
  jobMessage,
  requireJobName,
  type ClientJobs,
  type Job,
  type JobRequest,
} from '../jobs.js';
import { parseAnswer } from '../json.js';
import { JSON_TYPE, type HttpCall, type HttpChannel } from './channel.js';

/** A job as protobuf's JSON has it. */
interface WireJob extends Omit<Job, 'data' | 'failurePolicy'> {
  readonly data?: { readonly value?: unknown };
  readonly failurePolicy?: WirePolicy;
}

type WirePolicy =
  | { readonly drop: object }
  | {
      readonly constant: {
        readonly interval?: string;
        readonly maxRetries?: number;
      };
    };

/** Jobs over HTTP. */
export class HttpJobs implements ClientJobs {
  constructor(
    private readonly channel: HttpChannel,
    private readonly overGrpc: Pick<ClientJobs, 'list' | 'deleteByPrefix'>,
  ) {}

  async schedule(
    name: string,
    job: JobRequest,
    options?: CallOptions,
  ): Promise<void> {
    const operation = `jobs.schedule "${name}"`;
    const call = callOf(operation, 'POST', name, options);
    const { text, data, overwrite, failurePolicy } = jobMessage(operation, job);
    const rest = JSON.stringify({
      ...text,
      overwrite,
      ...(failurePolicy && { failurePolicy: wirePolicy(failurePolicy) }),
    });
    await this.channel.send({
      ...call,
      body: `{"data":${data},${rest.slice(1)}`,
      contentType: JSON_TYPE,
    });
  }

  async get<T = unknown>(name: string, options?: CallOptions): Promise<Job<T>> {
    const operation = `jobs.get "${name}"`;
    const call = callOf(operation, 'GET', name, options);
    const { body } = await this.channel
      .send({ ...call, repeatable: true })
      .catch((error: unknown) => {
        throw explained(operation, error);
      });
    const wire = parseAnswer(operation, body) as WireJob;
    return {
      ...wire,
      data: (wire.data?.value ?? null) as T,
      failurePolicy: policyOf(wire.failurePolicy),
    };
  }

  async delete(name: string, options?: CallOptions): Promise<void> {
    const operation = `jobs.delete "${name}"`;
    await this.channel.send(callOf(operation, 'DELETE', name, options));
  }

  list(options?: CallOptions): Promise<Job[]> {
    return this.overGrpc.list(options);
  }

  deleteByPrefix(prefix: string, options?: CallOptions): Promise<void> {
    return this.overGrpc.deleteByPrefix(prefix, options);
  }
}

function callOf(
  operation: string,
  method: HttpCall['method'],
  name: string,
  options: CallOptions | undefined,
): HttpCall {
  requireJobName(operation, name);
  const path = `/v1.0/jobs/${encodeURIComponent(name)}`;
  return { operation, lane: 'leaf', method, path, options };
}

function wirePolicy(policy: FailurePolicyReading): WirePolicy {
  if ('drop' in policy) return { drop: {} };
  const { interval, maxRetries } = policy.constant;
  return {
    constant: {
      interval: protoDurationText(interval),
      ...(maxRetries !== undefined && { maxRetries }),
    },
  };
}

function policyOf(policy: WirePolicy | undefined): FailurePolicy {
  if (policy && 'drop' in policy) return { drop: true };
  const { interval = '0s', ...rest } = policy?.constant ?? {};
  const milliseconds = parseProtoDuration(interval) ?? 0;
  return { constant: { interval: formatGoDuration(milliseconds), ...rest } };
}

/** daprd can't show over HTTP what somebody has scheduled over HTTP without data. */
function explained(operation: string, error: unknown): unknown {
  if (
    !(error instanceof DaprError) ||
    !error.message.includes('none of the oneof fields is set')
  )
    return error;
  const { status, errorCode } = error;
  return new DaprError(
    `${operation} failed: the job was scheduled without data, which the sidecar can't show over HTTP. Schedule it with "data": null, or read it over gRPC.`,
    {
      operation,
      ...(status !== undefined && { status }),
      ...(errorCode !== undefined && { errorCode }),
      cause: error,
    },
  );
}
