import { HttpException } from '@nestjs/common';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { RemoteError } from '../../protocol/actor-envelope.js';

/** A class of errors. */
export type RemoteErrorClass = abstract new (...args: never[]) => Error;

/** How errors of a name are made anew, where their class is not called so, or its constructor must run. */
export interface RemoteErrorRule {
  /** The `name` of the error, or that of its class or of a parent. */
  readonly name: string;
  restore(error: RemoteError): Error;
}

/** Makes of what came over the wire an error of a class that is known here; undefined where none is. */
export type RestoreError = (
  error: RemoteError,
  cause: Error,
) => Error | undefined;

/** @throws DaprConfigurationError for two entries of one name, and for what is neither class nor rule */
export function errorRestorer(
  entries: readonly (RemoteErrorClass | RemoteErrorRule)[],
): RestoreError {
  const rules = new Map<string, RemoteErrorRule>();
  for (const entry of entries) {
    const rule = ruleOf(entry);
    if (!rule)
      throw new DaprConfigurationError(
        'The option actors.errors of DaprModule.forRoot() takes classes that extend Error, and objects with "name" and ' +
          '"restore"; something else is among them.',
      );
    if (rules.has(rule.name))
      throw new DaprConfigurationError(
        `The option actors.errors of DaprModule.forRoot() has "${rule.name}" twice. Remove one of them.`,
      );
    rules.set(rule.name, rule);
  }
  return (error, cause) => {
    const names = [error.name, ...(error.classes ?? [])];
    const known = names.find((name) => rules.has(name));
    if (known === undefined) return undefined;
    const restored = rules.get(known)!.restore(error);
    restored.cause ??= cause;
    return restored;
  };
}

function ruleOf(entry: unknown): RemoteErrorRule | undefined {
  if (typeof entry === 'function')
    return entry.prototype instanceof Error
      ? classRule(entry as unknown as RemoteErrorClass)
      : undefined;
  const { name, restore } = (entry ?? {}) as Partial<RemoteErrorRule>;
  return typeof name === 'string' && typeof restore === 'function'
    ? (entry as RemoteErrorRule)
    : undefined;
}

function classRule(target: RemoteErrorClass): RemoteErrorRule {
  return { name: target.name, restore: (error) => instanceOf(target, error) };
}

/** What the class's own constructor asks for is not known. */
function instanceOf(target: RemoteErrorClass, remote: RemoteError): Error {
  const { name, message, status, details } = remote;
  if (target === HttpException || target.prototype instanceof HttpException) {
    const error = Reflect.construct(
      HttpException,
      [details ?? message, status ?? 500],
      target,
    ) as HttpException;
    return Object.assign(error, { name, message });
  }
  const error = Reflect.construct(Error, [message], target) as Error;
  if (error.name !== name) define(error, 'name', name, false);
  for (const [member, value] of Object.entries({ status, details }))
    if (value !== undefined) define(error, member, value, true);
  return error;
}

/** Not by assigning: the class may have a getter of the name. What errors have of themselves is not enumerable. */
function define(
  error: Error,
  member: string,
  value: unknown,
  enumerable: boolean,
): void {
  Object.defineProperty(error, member, {
    value,
    enumerable,
    writable: true,
    configurable: true,
  });
}
