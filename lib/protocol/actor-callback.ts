/**
 * The calls that daprd makes to a host of actors, read from verb and path. There is no activation call.
 * @see https://docs.dapr.io/reference/api/actors_api/#dapr-calling-to-user-service-code
 */
export interface ActorCallback {
  readonly kind: 'method' | 'timer' | 'reminder' | 'deactivate' | 'activate';
  readonly actorType: string;
  readonly actorId: string;
  /** Of the method, timer or reminder; '' for `deactivate` and `activate`. */
  readonly name: string;
}

const PREFIX = '/actors/';

/** Undefined when the path belongs to no actor callback or an escape in it is broken. */
export function readActorCallback(
  verb: string,
  path: string,
): ActorCallback | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  const parts = path.slice(PREFIX.length).split('/');
  let decoded: string[];
  try {
    decoded = parts.map((part) =>
      part.includes('%') ? decodeURIComponent(part) : part,
    );
  } catch {
    return undefined;
  }
  const [actorType, actorId, method, first, second] = decoded;
  if (!actorType || !actorId) return undefined;
  if (parts.length === 2 && verb === 'DELETE')
    return { kind: 'deactivate', actorType, actorId, name: '' };
  if (parts.length === 2 && verb === 'POST')
    return { kind: 'activate', actorType, actorId, name: '' };
  if (verb !== 'PUT' || method !== 'method' || !first) return undefined;
  if (parts.length === 4)
    return { kind: 'method', actorType, actorId, name: first };
  if (parts.length !== 5 || !second) return undefined;
  if (first === 'timer')
    return { kind: 'timer', actorType, actorId, name: second };
  if (first === 'remind')
    return { kind: 'reminder', actorType, actorId, name: second };
  return undefined;
}

const SEGMENTS = {
  method: 'method/',
  timer: 'method/timer/',
  reminder: 'method/remind/',
} as const;

/** The path under which daprd makes this call. */
export function actorCallbackPath(callback: ActorCallback): string {
  const base = `${PREFIX}${encodeURIComponent(callback.actorType)}/${encodeURIComponent(callback.actorId)}`;
  if (callback.kind === 'deactivate' || callback.kind === 'activate')
    return base;
  return `${base}/${SEGMENTS[callback.kind]}${encodeURIComponent(callback.name)}`;
}

/** Body of a timer or reminder callback. Reminders always carry an empty `dueTime` and `period`. */
export interface ScheduleCallbackBody {
  readonly data?: unknown;
  /** Timers only. */
  readonly callback?: string;
  readonly dueTime?: string;
  readonly period?: string;
}
