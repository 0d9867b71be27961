import {
  resultEnvelope,
  scheduledData,
} from '../../protocol/actor-envelope.js';
import { Headers } from '../../protocol/headers.js';
import { decodeLenient } from '../../protocol/payload.js';
import type {
  ActorReminder as WireReminder,
  TransactionalActorStateOperation,
} from '../../protocol/proto/generated/actors.js';
import type { ActorReminder, ActorStateOperation } from '../actor.js';
import { encoding, jsonOf } from '../json.js';
import { requireName } from '../name.js';

// With what generated code needs, for those who speak gRPC.
const values = () => import('../../protocol/bytes-value.js');

export const NO_TIMES = { dueTime: '', period: '', ttl: '' };

export function groupOf(
  actorType: string,
  actorId: string | undefined,
): string {
  return actorId === undefined ? actorType : `${actorType}/${actorId}`;
}

export function addressOf<TId extends string | undefined>(
  operation: string,
  actorType: string,
  actorId: TId,
): { actorType: string; actorId: TId } {
  requireName(operation, 'actor type', actorType);
  if (actorId !== undefined) requireName(operation, 'actor id', actorId);
  return { actorType, actorId };
}

// daprd knows it by this one spelling only (pkg/actors/targets/app/lock).
const REENTRANCY_ID = 'Dapr-Reentrancy-Id';

/** Headers as the message carries them. */
export function messageHeaders(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const { [Headers.reentrancyId]: reentrancyId, ...others } = headers;
  return reentrancyId === undefined
    ? others
    : { ...others, [REENTRANCY_ID]: reentrancyId };
}

export function wireOperation(
  operation: string,
  { operation: operationType, request }: ActorStateOperation,
): TransactionalActorStateOperation {
  requireName(operation, 'key', request.key);
  if (!('value' in request))
    return { operationType, key: request.key, metadata: {} };
  const { key, value, metadata = {} } = request;
  const json = jsonOf(operation, value ?? null);
  return {
    operationType,
    key,
    value: { typeUrl: '', value: Buffer.from(json) },
    metadata,
  };
}

/** Dapr hands the bytes on as a text of base64; by the mark of the envelope they are told from texts that are meant. */
export function wireData(operation: string, data: unknown): Buffer {
  if (data === undefined) return Buffer.alloc(0);
  return Buffer.from(encoding(operation, () => resultEnvelope(data)));
}

export async function reminderOf(wire: WireReminder): Promise<ActorReminder> {
  const { actorType, actorId, dueTime, period, ttl, data } = wire;
  const { bytesOfAny } = await values();
  return {
    actorType,
    actorId,
    ...(dueTime !== undefined && { dueTime }),
    ...(period !== undefined && { period }),
    ...(ttl !== undefined && { ttl }),
    ...(data && { data: scheduledData(decodeLenient(bytesOfAny(data))) }),
  };
}
