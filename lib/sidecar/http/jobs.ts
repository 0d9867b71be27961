import { VALUE_TYPE } from '../../protocol/job.js';
import { protoDurationText } from '../../protocol/proto-duration.js';
import { valueJson } from '../../protocol/value-json.js';
import type { JobData } from '../app/job.js';
import type { JobFailurePolicy } from '../blocks/failure-policy.js';
import { jobNameInBody } from '../blocks/job-refusals.js';
import type { JobRequest, Jobs, RegisteredJob } from '../blocks/jobs.js';
import { ApiError, NO_CONTENT, type ApiCall, type ApiRoute } from './api.js';
import { readProtoBody } from './proto-body.js';
import type { ProtoValues } from './proto-json.js';
import { apiErrorOf, orRefused } from './refused.js';
import { jsonText } from './state-answers.js';

/** @see https://docs.dapr.io/reference/api/jobs_api/ */
export function jobRoutes(jobs: Jobs): readonly ApiRoute[] {
  return ['v1.0', 'v1.0-alpha1'].flatMap((version): ApiRoute[] => {
    const path = `/${version}/jobs/:name`;
    return [
      {
        verbs: ['POST'],
        path,
        handle(call) {
          const request = readJob(call);
          orRefused(() => jobs.schedule(call.appId, request));
          return NO_CONTENT;
        },
      },
      {
        verbs: ['GET'],
        path,
        handle({ appId, params: { name = '' } }) {
          const job = orRefused(() => jobs.get(appId, name));
          return jsonText(jobJson(job));
        },
      },
      {
        verbs: ['DELETE'],
        path,
        handle({ appId, params: { name = '' } }) {
          orRefused(() => jobs.delete(appId, name));
          return NO_CONTENT;
        },
      },
    ];
  });
}

const POLICY = {
  message: {
    drop: { message: {} },
    constant: { message: { interval: 'duration?', maxRetries: 'uint32?' } },
  },
  oneof: 'dapr.proto.common.v1.JobFailurePolicy.policy',
} as const;

const JOB = {
  name: 'string',
  schedule: 'string?',
  dueTime: 'string?',
  repeats: 'uint32?',
  ttl: 'string?',
  data: 'value?',
  overwrite: 'bool?',
  failurePolicy: POLICY,
} as const;

function readJob({ appId, params, body }: ApiCall): JobRequest {
  const { data, overwrite, failurePolicy, ...job } = readProtoBody(body, JOB);
  if (job.name !== '') throw apiErrorOf(jobNameInBody(appId));
  const { schedule, dueTime, repeats, ttl } = job;
  return {
    name: params['name']?.trim() ?? '',
    ...(schedule !== undefined && { schedule }),
    ...(dueTime !== undefined && { dueTime }),
    ...(repeats !== undefined && { repeats }),
    ...(ttl !== undefined && { ttl }),
    // Not the same as null: the value is there, and nothing is set in it.
    data: { json: data === undefined ? undefined : valueJson(data) },
    failurePolicy: failurePolicy && policyOf(failurePolicy),
    overwrite: overwrite ?? false,
  };
}

function policyOf({
  drop,
  constant,
}: ProtoValues<typeof POLICY.message>): JobFailurePolicy | undefined {
  return drop ? { drop: true } : constant && { constant };
}

function jobJson(job: RegisteredJob): string {
  const { name, schedule, repeats, dueTime, ttl, data, failurePolicy } = job;
  const members = [
    ...Object.entries({ name, schedule, repeats, dueTime, ttl }).flatMap(
      ([key, value]) =>
        value === undefined ? [] : [`"${key}":${JSON.stringify(value)}`],
    ),
    ...(data ? [`"data":${dataJson(data)}`] : []),
    `"failurePolicy":${policyJson(failurePolicy)}`,
  ];
  return `{${members.join(',')}}`;
}

function dataJson(data: JobData): string {
  if ('typeUrl' in data)
    throw unencodable(
      `google.protobuf.Any: unable to resolve ${JSON.stringify(data.typeUrl)}: "not found"`,
    );
  if (data.json === undefined)
    throw unencodable('google.protobuf.Value: none of the oneof fields is set');
  return `{"@type":"${VALUE_TYPE}","value":${data.json}}`;
}

function unencodable(problem: string): ApiError {
  return new ApiError(
    500,
    'ERR_INTERNAL',
    `failed to encode response as JSON: proto: ${problem}`,
  );
}

function policyJson(policy: JobFailurePolicy): string {
  if ('drop' in policy) return '{"drop":{}}';
  const { interval, maxRetries } = policy.constant;
  return JSON.stringify({
    constant: {
      ...(interval !== undefined && { interval: protoDurationText(interval) }),
      ...(maxRetries !== undefined && { maxRetries }),
    },
  });
}
