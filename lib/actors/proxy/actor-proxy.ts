import type { Observable } from 'rxjs';
import type { DaprContext } from '../../contexts/dapr.context.js';
import type { Actor } from '../actor.js';
import type { JsonOf } from '../json-of.js';

/** Where a base class other than `Actor` says, to the compiler alone, which names it has itself. */
export declare const OWN_NAMES: unique symbol;

/**
 * An actor as its callers see it: its methods, each a promise of what JSON makes of the result, of an Observable the last
 * value. Hooks, names that begin with `_`, and what `Actor` itself has are not part of it, nor are parameters that take
 * the call's context.
 *
 * Only calling a method makes a call: a proxy may be awaited, logged, compared and kept.
 */
export type ActorProxy<T> = {
  readonly [K in CallableName<T>]: T[K] extends (...args: infer A) => infer R
    ? (...args: ArgumentsOf<A>) => Promise<JsonOf<ResultOf<Awaited<R>>>>
    : never;
};

/** The names of a type's members that can be called from outside. */
export type CallableName<T> = {
  [K in keyof T]-?: K extends string
    ? K extends HiddenName | OwnNames<T> | `_${string}`
      ? never
      : T[K] extends (...args: never[]) => unknown
        ? K
        : never
    : never;
}[keyof T];

type HiddenName =
  | keyof Actor
  | 'onActivate'
  | 'onDeactivate'
  | 'onModuleInit'
  | 'onModuleDestroy'
  | 'onApplicationBootstrap'
  | 'beforeApplicationShutdown'
  | 'onApplicationShutdown'
  | 'then'
  | 'asymmetricMatch'
  | 'toJSON'
  | 'constructor'
  | 'toString'
  | 'toLocaleString'
  | 'valueOf'
  | 'hasOwnProperty'
  | 'isPrototypeOf'
  | 'propertyIsEnumerable';

type OwnNames<T> = T extends { readonly [OWN_NAMES]: infer N } ? N : never;

/** What becomes of an Observable: its last value. */
type ResultOf<R> = R extends Observable<infer V> ? V : R;

/** A method's parameters without those that `@Ctx()` fills; untouched from where there are none. */
type ArgumentsOf<A extends unknown[]> = true extends {
  [K in keyof A]: IsContext<A[K]>;
}[number]
  ? A[number][] extends A
    ? []
    : A extends [infer H, ...infer R]
      ? [...(IsContext<H> extends true ? [] : First<A, R>), ...ArgumentsOf<R>]
      : A extends [(infer H)?, ...infer R]
        ? [...(IsContext<H> extends true ? [] : [H?]), ...ArgumentsOf<R>]
        : A
  : A;

/** What comes before the rest, with the name that editors show. */
type First<A extends unknown[], R extends unknown[]> = A extends [
  ...infer F,
  ...R,
]
  ? F
  : never;

type IsContext<P> = 0 extends 1 & P
  ? false
  : [NonNullable<P>] extends [never]
    ? false
    : [NonNullable<P>] extends [DaprContext]
      ? true
      : false;
