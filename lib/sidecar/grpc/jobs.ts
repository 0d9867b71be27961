import { VALUE_TYPE } from '../../protocol/job.js';
import type { Any } from '../../protocol/proto/generated/google/protobuf/any.js';
import type {
  DeleteJobRequest,
  DeleteJobsByPrefixRequest,
  GetJobRequest,
  GetJobResponse,
  Job as WireJob,
  ListJobsRequest,
  ListJobsResponse,
  ScheduleJobRequest,
} from '../../protocol/proto/generated/jobs.js';
import { valueJson } from '../../protocol/value-json.js';
import type { JobData } from '../app/job.js';
import { jobEmpty } from '../blocks/job-refusals.js';
import type { JobRequest, Jobs, RegisteredJob } from '../blocks/jobs.js';
import type { GrpcCall, GrpcMethods } from './api.js';
import { policyOf, wirePolicy } from './failure-policy.js';
import { grpcErrorOf, orRefused } from './refused.js';

// With generated code, for those who speak gRPC.
const values = () => import('../../protocol/any-value.js');

/** @see https://docs.dapr.io/reference/api/jobs_api/ */
export function jobMethods(jobs: Jobs): GrpcMethods {
  const scheduleJob = async (
    { job, overwrite }: ScheduleJobRequest,
    { appId }: GrpcCall,
  ): Promise<object> => {
    if (!job) throw grpcErrorOf(jobEmpty(appId));
    const request = await readJob(job);
    orRefused(() => jobs.schedule(appId, { ...request, overwrite }));
    return {};
  };
  const getJob = async (
    { name }: GetJobRequest,
    { appId }: GrpcCall,
  ): Promise<GetJobResponse> => ({
    job: await wireJob(orRefused(() => jobs.get(appId, name))),
  });
  const deleteJob = (
    { name }: DeleteJobRequest,
    { appId }: GrpcCall,
  ): object => {
    orRefused(() => jobs.delete(appId, name));
    return {};
  };
  const deleteJobsByPrefix = (
    { namePrefix = '' }: DeleteJobsByPrefixRequest,
    { appId }: GrpcCall,
  ): object => {
    orRefused(() => jobs.deleteByPrefix(appId, namePrefix));
    return {};
  };
  const listJobs = async (
    _: ListJobsRequest,
    { appId }: GrpcCall,
  ): Promise<ListJobsResponse> => ({
    jobs: await Promise.all(orRefused(() => jobs.list(appId)).map(wireJob)),
  });
  return {
    scheduleJob,
    getJob,
    deleteJob,
    deleteJobsByPrefix,
    listJobs,
    scheduleJobAlpha1: scheduleJob,
    getJobAlpha1: getJob,
    deleteJobAlpha1: deleteJob,
    deleteJobsByPrefixAlpha1: deleteJobsByPrefix,
    listJobsAlpha1: listJobs,
  };
}

async function readJob(job: WireJob): Promise<Omit<JobRequest, 'overwrite'>> {
  const { name, schedule, repeats, dueTime, ttl, data, failurePolicy } = job;
  return {
    name,
    ...(schedule !== undefined && { schedule }),
    ...(dueTime !== undefined && { dueTime }),
    ...(repeats !== undefined && { repeats }),
    ...(ttl !== undefined && { ttl }),
    data: data && (await dataOf(data)),
    failurePolicy: failurePolicy && policyOf(failurePolicy),
  };
}

async function dataOf({ typeUrl, value }: Any): Promise<JobData> {
  if (typeUrl !== VALUE_TYPE) return { typeUrl, value };
  const { jsonOfAny } = await values();
  const json = jsonOfAny({ value });
  return { json: json === undefined ? undefined : valueJson(json) };
}

async function wireJob(job: RegisteredJob): Promise<WireJob> {
  const { data, failurePolicy, ...rest } = job;
  return {
    ...rest,
    data: data && (await wireData(data)),
    failurePolicy: wirePolicy(failurePolicy),
  };
}

async function wireData(data: JobData): Promise<Any> {
  if ('typeUrl' in data) return data;
  const { anyOfJson, EMPTY_VALUE } = await values();
  return data.json === undefined ? EMPTY_VALUE : anyOfJson(data.json);
}
