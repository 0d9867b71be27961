import { pathPart } from './path.js';

/** Where the API of one actor begins. */
export function actorPath(
  operation: string,
  actorType: string,
  actorId: string,
): string {
  return `/v1.0/actors/${pathPart(operation, 'actor type', actorType)}/${pathPart(operation, 'actor id', actorId)}`;
}

/** Of one of its reminders or timers. */
export function schedulePath(
  operation: string,
  actorType: string,
  actorId: string,
  kind: 'reminder' | 'timer',
  name: string,
): string {
  return `${actorPath(operation, actorType, actorId)}/${kind}s/${pathPart(operation, `${kind} name`, name)}`;
}
