import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { actorBaseOf } from '../actor-base.js';
import type { ActorClass } from '../actor-type.decorator.js';
import { HIDDEN_METHODS } from '../hidden-methods.js';
import {
  ANY,
  scheduleHandlersOf,
  type ScheduleHandler,
} from '../actor-callbacks.decorator.js';
import { isDaprName } from './dapr-name.js';

/** What Dapr may call in an actor class. */
export interface ActorMembers {
  /** Names of the callable methods. */
  readonly methods: readonly string[];
  /** Method by timer name. */
  readonly timers: ReadonlyMap<string, string>;
  /** Method by reminder name. */
  readonly reminders: ReadonlyMap<string, string>;
}

/**
 * @param only the names that `@ActorType` narrows the callable methods to
 * @throws DaprConfigurationError for two handlers of one name, one of a name that Dapr refuses, or a name in `only` that
 * is not callable
 */
export function readMembers(
  target: ActorClass,
  only?: readonly string[],
): ActorMembers {
  const handlers = lineageOf(target).flatMap(({ constructor }) => [
    ...scheduleHandlersOf(constructor),
  ]);
  const methods = callableNames(target, handlers);
  const wrong = only?.filter((name) => !methods.includes(name)) ?? [];
  if (wrong.length > 0)
    throw new DaprConfigurationError(
      `@ActorType of ${target.name} lists ${wrong.join(', ')} under "methods", which can't be called from outside. ` +
        `It has: ${methods.join(', ') || 'no callable method'}. Correct the list.`,
    );
  return {
    methods: only ?? methods,
    timers: handlersByName(target, 'timer', handlers),
    reminders: handlersByName(target, 'reminder', handlers),
  };
}

/** Whether anything in the class could serve a call. */
export function hasCallableMethods(target: ActorClass): boolean {
  return callableNames(target, []).length > 0;
}

/** The prototypes of the class and its parents, the class first, its base last. */
function lineageOf(target: ActorClass): object[] {
  const lineage: object[] = [];
  for (
    let prototype: unknown = target.prototype;
    prototype && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  )
    lineage.push(prototype);
  return lineage;
}

function callableNames(
  target: ActorClass,
  handlers: readonly ScheduleHandler[],
): string[] {
  const base = actorBaseOf(target)?.target.prototype ?? {};
  const hidden = new Set([
    ...Object.getOwnPropertyNames(base),
    ...handlers.map(({ method }) => method),
  ]);
  const names = lineageOf(target).flatMap((prototype) =>
    Object.getOwnPropertyNames(prototype).filter(
      (name) =>
        typeof Object.getOwnPropertyDescriptor(prototype, name)?.value ===
        'function',
    ),
  );
  return [...new Set(names)].filter(
    (name) =>
      !name.startsWith('_') && !HIDDEN_METHODS.has(name) && !hidden.has(name),
  );
}

function handlersByName(
  target: ActorClass,
  kind: ScheduleHandler['kind'],
  handlers: readonly ScheduleHandler[],
): Map<string, string> {
  const byName = new Map<string, string>();
  for (const handler of handlers) {
    if (handler.kind !== kind) continue;
    if (
      !isDaprName(handler.name) &&
      !(kind === 'reminder' && handler.name === ANY)
    )
      throw new DaprConfigurationError(
        `${target.name}.${handler.method} takes the ${kind} "${handler.name}", but Dapr takes no name that is empty, a dot or two, or has one of # ? \\ / in it.`,
      );
    const other = byName.get(handler.name);
    if (other !== undefined && other !== handler.method)
      throw new DaprConfigurationError(
        `${target.name}.${other} and ${target.name}.${handler.method} both take the ${kind} "${handler.name}". ` +
          'One of them must get another name.',
      );
    byName.set(handler.name, handler.method);
  }
  return byName;
}
