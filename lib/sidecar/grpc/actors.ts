import { GrpcCode } from '../../protocol/grpc-code.js';
import { Headers, type HeaderBag } from '../../protocol/headers.js';
import type {
  ActorReminder,
  TransactionalActorStateOperation,
} from '../../protocol/proto/generated/actors.js';
import { utcTimestamp } from '../../protocol/timestamp.js';
import type { ActorAddress } from '../blocks/actor-calls.js';
import { ActorError, type ActorErrorReason } from '../blocks/actor-error.js';
import type { RegisteredReminder } from '../blocks/actor-reminders.js';
import type { ActorStateOperation } from '../blocks/actor-state.js';
import type { Actors } from '../blocks/actors.js';
import { checkName, normalizeMethod } from '../http/names.js';
import { traceOf } from '../trace.js';
import { GrpcError, type GrpcMethods } from './api.js';
import { policyOf } from './failure-policy.js';

// With generated code, for those who speak gRPC.
const values = () => import('../../protocol/bytes-value.js');

/** @see https://docs.dapr.io/reference/api/actors_api/ */
export function actorMethods(actors: Actors): GrpcMethods {
  return {
    async invokeActor(request, call) {
      const { method, data, metadata } = request;
      const actor = addressOf(request);
      for (const [field, name] of [
        ['actorType', actor.type],
        ['actorId', actor.id],
      ] as const)
        validated(`invalid ${field}`, () => checkName(name));
      const answer = await orError(
        'error invoke actor method',
        actors.invoke(call, actor, {
          name: validated('invalid actor method', () =>
            normalizeMethod(method),
          ).replace(/^\//, ''),
          query: '',
          headers: headersOf(metadata, call.headers),
          body: data,
        }),
      );
      return { data: answer.body };
    },
    async getActorState(request, call) {
      const item = await orError(
        'error getting actor state',
        actors.getState(call, unreserved(request), request.key),
      );
      const { expiresAt } = item ?? {};
      return {
        data: item?.value ?? NOTHING,
        metadata:
          expiresAt === undefined
            ? {}
            : { ttlExpireTime: utcTimestamp(expiresAt) },
      };
    },
    async executeActorStateTransaction(request, call) {
      const actor = unreserved(request);
      const operations = request.operations.map(readOperation);
      await orError(
        'error saving actor transaction state',
        actors.saveState(call, actor, operations),
      );
      return {};
    },
    async registerActorReminder(request, call) {
      const { name, data, overwrite, failurePolicy } = request;
      const { dueTime, period, ttl } = request;
      const actor = unreserved(request);
      if (name === '') throw invalid('reminder name cannot be empty');
      validated('invalid request', () => checkName(name));
      await orError(
        'error creating actor reminder',
        actors.schedules.createReminder(call, actor, name, {
          dueTime,
          period,
          ttl,
          ...dataOf(data),
          ...(overwrite !== undefined && { overwrite }),
          failurePolicy: failurePolicy && policyOf(failurePolicy),
        }),
      );
      return {};
    },
    async getActorReminder(request, call) {
      const { name } = request;
      const actor = unreserved(request);
      const reminder = await orError(
        'error getting actor reminder',
        actors.schedules.getReminder(call, actor, name),
      );
      if (reminder) return wireReminder(actor, reminder);
      throw new GrpcError(
        GrpcCode.notFound,
        `actor reminder not found: ${name}`,
      );
    },
    async listActorReminders(request, call) {
      const { type } = unreserved({ ...request, actorId: '' });
      const reminders = await orError(
        'error listing actor reminders',
        actors.schedules.listReminders(
          call,
          type,
          request.actorId || undefined,
        ),
      );
      return {
        reminders: await Promise.all(
          reminders.map(async ({ name, actor, ...registered }) => ({
            name,
            // Where daprd lists them it tells no end.
            reminder: {
              ...(await wireReminder(actor, registered)),
              ttl: undefined,
            },
          })),
        ),
      };
    },
    async unregisterActorReminder(request, call) {
      await orError(
        'error deleting actor reminder',
        actors.schedules.deleteReminder(
          call,
          unreserved(request),
          request.name,
        ),
      );
      return {};
    },
    async unregisterActorRemindersByType(request, call) {
      const { type } = unreserved({ ...request, actorId: '' });
      await orError(
        'error deleting actor reminder',
        actors.schedules.deleteReminders(
          call,
          type,
          request.actorId || undefined,
        ),
      );
      return {};
    },
    async registerActorTimer(request, call) {
      const { name, data, callback, dueTime, period, ttl } = request;
      const actor = unreserved(request);
      validated('invalid request', () => checkName(name));
      await orError(
        'error creating actor timer',
        actors.schedules.createTimer(call, actor, name, {
          dueTime,
          period,
          ttl,
          ...dataOf(data),
          callback,
        }),
      );
      return {};
    },
    async unregisterActorTimer(request, call) {
      await actors.schedules.deleteTimer(
        call,
        unreserved(request),
        request.name,
      );
      return {};
    },
  };
}

const NOTHING = Buffer.alloc(0);

interface WireAddress {
  readonly actorType: string;
  readonly actorId: string;
}

function addressOf({ actorType, actorId }: WireAddress): ActorAddress {
  return { type: actorType, id: actorId };
}

/** Dapr's own workflow engine runs on actors; nobody else may touch their state, timers and reminders. */
function unreserved(address: WireAddress): ActorAddress {
  const { actorType } = address;
  if (!actorType.startsWith('dapr.internal.')) return addressOf(address);
  throw new GrpcError(
    GrpcCode.permissionDenied,
    `actor type ${JSON.stringify(actorType)} is reserved for the Dapr workflow runtime; direct actor API access is not permitted`,
  );
}

// Who calls is the sidecar's to say; and what the body is, daprd does not hand on.
const OWN = new Set<string>([
  Headers.callerAppId,
  Headers.callerNamespace,
  'content-type',
]);
const REENTRANCY_ID = 'Dapr-Reentrancy-Id';

/** The metadata of the message as headers. daprd knows the reentrancy id by this one spelling only. */
function headersOf(
  metadata: Readonly<Record<string, string>>,
  callHeaders: HeaderBag,
): HeaderBag {
  const headers: Record<string, string> = { ...traceOf(callHeaders) };
  for (const [key, value] of Object.entries(metadata)) {
    const name = key.toLowerCase();
    if (OWN.has(name)) continue;
    if (name !== Headers.reentrancyId || key === REENTRANCY_ID)
      headers[name] = value;
  }
  return headers;
}

function readOperation({
  operationType,
  key,
  value,
  metadata,
}: TransactionalActorStateOperation): ActorStateOperation {
  if (operationType !== 'upsert' && operationType !== 'delete')
    throw new GrpcError(
      GrpcCode.unimplemented,
      `operation type ${operationType} not supported`,
    );
  return {
    operation: operationType,
    request: () => ({ key, value: value?.value ?? NOTHING, metadata }),
  };
}

/** daprd keeps bytes as a JSON text of base64. */
function dataOf(data: Buffer): { readonly data?: string } {
  return data.length === 0 ? {} : { data: `"${data.toString('base64')}"` };
}

async function wireReminder(
  { type, id }: ActorAddress,
  { dueTime, period, ttl, data }: RegisteredReminder,
): Promise<ActorReminder> {
  const { anyOfBytes } = await values();
  return {
    actorType: type,
    actorId: id,
    dueTime,
    period,
    data: data === undefined ? undefined : anyOfBytes(Buffer.from(data)),
    ttl,
  };
}

const CODES: Readonly<Partial<Record<ActorErrorReason, GrpcCode>>> = {
  'stack-depth': GrpcCode.resourceExhausted,
  'instance-missing': GrpcCode.internal,
  'no-state-store': GrpcCode.internal,
  'not-hosted': GrpcCode.permissionDenied,
  'already-exists': GrpcCode.alreadyExists,
  'no-address': GrpcCode.failedPrecondition,
};

async function orError<T>(context: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { message } = error as Error;
    const code = error instanceof ActorError ? CODES[error.reason] : undefined;
    if (code !== undefined) throw new GrpcError(code, message);
    throw new GrpcError(GrpcCode.internal, `${context}: ${message}`);
  }
}

function validated<T>(context: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new GrpcError(
      GrpcCode.invalidArgument,
      `${context}: ${(error as Error).message}`,
    );
  }
}

function invalid(reason: string): GrpcError {
  return new GrpcError(GrpcCode.invalidArgument, `invalid request: ${reason}`);
}
