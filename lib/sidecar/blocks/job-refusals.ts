import { GrpcCode } from '../../protocol/grpc-code.js';
import { Refusal } from '../refusal.js';

/** The answers of dapr/dapr pkg/api/errors/scheduler.go. */

export type JobOperation = 'schedule' | 'get' | 'delete' | 'list';

const CODES = {
  schedule: 'DAPR_SCHEDULER_SCHEDULE_JOB',
  get: 'DAPR_SCHEDULER_GET_JOB',
  delete: 'DAPR_SCHEDULER_DELETE_JOB',
  list: 'DAPR_SCHEDULER_LIST_JOBS',
} as const;

/** What the scheduler says of it follows as it is. */
export function jobFailed(
  appId: string,
  operation: JobOperation,
  reason: string,
): Refusal {
  const what = operation === 'list' ? 'jobs' : 'job';
  return refusal(
    appId,
    CODES[operation],
    `failed to ${operation} ${what} due to: ${reason}`,
    500,
    GrpcCode.internal,
  );
}

export function jobExists(appId: string, name: string): Refusal {
  return refusal(
    appId,
    CODES.schedule,
    `failed to schedule job due to: rpc error: code = AlreadyExists desc = job already exists: '${jobKey(appId, name)}'`,
    409,
    GrpcCode.alreadyExists,
  );
}

export function jobNameInBody(appId: string): Refusal {
  return invalid(
    appId,
    'DAPR_SCHEDULER_JOB_NAME',
    'Set the job name in the url only',
  );
}

export function jobEmpty(appId: string): Refusal {
  return invalid(appId, 'DAPR_SCHEDULER_EMPTY', 'Job is empty');
}

export function jobNameEmpty(appId: string): Refusal {
  return invalid(appId, 'DAPR_SCHEDULER_JOB_NAME_EMPTY', 'Name is empty');
}

export function jobScheduleEmpty(appId: string): Refusal {
  return invalid(appId, 'DAPR_SCHEDULER_SCHEDULE_EMPTY', 'Schedule is empty');
}

/** Of a name that the scheduler does not take (diagridio/go-etcd-cron, internal/api/validator). */
export function jobNameRefusal(
  appId: string,
  operation: JobOperation,
  name: string,
): Refusal | undefined {
  const problem = problemOfName(name);
  if (problem === undefined) return undefined;
  const shown = JSON.stringify(jobKey(appId, name));
  return jobFailed(
    appId,
    operation,
    `rpc error: code = Unknown desc = job name is invalid ${shown}: must ${problem}`,
  );
}

function problemOfName(name: string): string | undefined {
  if (Buffer.byteLength(name) > LONGEST_NAME)
    return `be at most ${LONGEST_NAME} characters`;
  if (/[#?/\\]/.test(name)) return "not contain '/', '\\', '#' or '?'";
  return /\p{Cc}/u.test(name) ? 'not contain control characters' : undefined;
}

const LONGEST_NAME = 512;

/** The name of a job among those of all apps, as the scheduler has it. */
export function jobKey(appId: string, name: string): string {
  return `app||${NAMESPACE}||${appId}||${name}`;
}

const NAMESPACE = 'default';

function invalid(appId: string, code: string, message: string): Refusal {
  return refusal(appId, code, message, 400, GrpcCode.invalidArgument);
}

function refusal(
  appId: string,
  code: string,
  message: string,
  status: number,
  grpcCode: GrpcCode,
): Refusal {
  return new Refusal(code, message, status, grpcCode, [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      domain: 'dapr.io',
      metadata: { appID: appId, namespace: NAMESPACE },
      reason: code,
    },
  ]);
}
