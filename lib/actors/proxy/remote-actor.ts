import { HIDDEN_METHODS } from '../hidden-methods.js';

/** Calls a method of one actor. */
export type CallMethod = (method: string, args: unknown[]) => Promise<unknown>;

/** What a proxy is where nobody calls a method: it prints, compares and travels as the name of its actor. */
class RemoteActor {
  constructor(actorType: string, actorId: string) {
    const name = `${actorType}/${actorId}`;
    const members = {
      toString: () => name,
      toJSON: () => ({ actorType, actorId }),
      [Symbol.for('nodejs.util.inspect.custom')]: () => `Actor ${name}`,
    };
    for (const key of Reflect.ownKeys(members) as (keyof typeof members)[])
      Object.defineProperty(this, key, { value: members[key] });
    Object.freeze(this);
  }
}

/**
 * An object whose every other member is a method of the actor. What languages, frameworks and test runners look for
 * in any object (`then`, `toJSON`, symbols, `constructor`, lifecycle hooks) is never a call.
 */
export function remoteActor(
  actorType: string,
  actorId: string,
  call: CallMethod,
): object {
  return new Proxy(new RemoteActor(actorType, actorId), {
    get(target, name, receiver) {
      if (name in target) return Reflect.get(target, name, receiver) as unknown;
      if (typeof name === 'symbol' || isHidden(name)) return undefined;
      return (...args: unknown[]) => call(name, args);
    },
  });
}

function isHidden(name: string): boolean {
  return (
    name.startsWith('_') ||
    // What a promise and a matcher of Jest or Vitest are known by.
    name === 'then' ||
    name === 'asymmetricMatch' ||
    HIDDEN_METHODS.has(name)
  );
}
