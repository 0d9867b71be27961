import type { Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { NestModule, ProviderWrapper } from './nest-modules.js';

// The keys under which Nest's decorators keep what they were given (@nestjs/common/constants).
const ENHANCERS = [
  '__guards__',
  '__pipes__',
  '__interceptors__',
  '__exceptionFilters__',
] as const;
const PIPES = '__pipes__';

/** Where `@Payload()`, `@Ctx()` and custom decorators of parameters are kept. */
export const PARAMETERS = '__routeArguments__';

interface ParameterMetadata {
  readonly index: number;
  readonly pipes?: readonly unknown[];
}

/**
 * Pipes see the parameters that carry a decorator, and no others. Names the methods where one would be passed by in
 * silence.
 */
export function unpipedMethods(
  target: Type,
  methods: readonly string[],
  config: ApplicationConfig,
): string[] {
  const isPipedAsAWhole =
    config.getGlobalPipes().length > 0 || list(PIPES, target).length > 0;
  return methods.filter(
    (method) =>
      (isPipedAsAWhole || list(PIPES, methodOf(target, method)).length > 0) &&
      hasBareParameter(target, method),
  );
}

/**
 * Enhancers that Nest would have to build anew for each call or each actor. One pipeline serves all actors of a type,
 * so in it they would run without ever having been constructed.
 */
export function scopedEnhancers(
  enhancers: readonly ProviderWrapper[],
): string[] {
  return enhancers
    .filter((each) => each.isTransient || !each.isDependencyTreeStatic())
    .map(nameOf);
}

/** The enhancers of a class, its methods and their parameters that Nest builds. */
export function enhancersOf(
  target: Type,
  methods: readonly string[],
  module: NestModule,
): ProviderWrapper[] {
  const hosts = [target, ...methods.map((method) => methodOf(target, method))];
  const given = [
    ...hosts.flatMap((host) => ENHANCERS.flatMap((key) => list(key, host))),
    ...methods.flatMap((method) =>
      parametersOf(target, method).flatMap(({ pipes = [] }) => [...pipes]),
    ),
  ];
  return [...new Set(given)].flatMap(
    (enhancer) => module.injectables.get(enhancer as Type) ?? [],
  );
}

/** The app's global enhancers of that kind, which `inheritAppConfig` would let in. */
export function scopedGlobalEnhancers(config: ApplicationConfig): string[] {
  return [
    ...config.getGlobalRequestGuards(),
    ...config.getGlobalRequestPipes(),
    ...config.getGlobalRequestInterceptors(),
    ...config.getGlobalRequestFilters(),
  ].map(nameOf);
}

function nameOf({ metatype, name }: ProviderWrapper): string {
  return (metatype as { name?: string } | null)?.name ?? name;
}

function parametersOf(
  target: Type,
  method: string,
): readonly ParameterMetadata[] {
  return Object.values(
    (Reflect.getMetadata(PARAMETERS, target, method) ?? {}) as Record<
      string,
      ParameterMetadata
    >,
  );
}

function hasBareParameter(target: Type, method: string): boolean {
  const code = methodOf(target, method);
  const types = Reflect.getMetadata(
    'design:paramtypes',
    target.prototype as object,
    method,
  ) as readonly unknown[] | undefined;
  const count = Math.max(code.length, types?.length ?? 0);
  if (count > 0) return parametersOf(target, method).length < count;
  // Parameters with a default are not counted, and without any decorator there are no types.
  return !/^[^(]*\(\s*\)/.test(Function.prototype.toString.call(code));
}

function methodOf(target: Type, method: string): Type {
  return (target.prototype as Record<string, Type>)[method]!;
}

function list(key: string, host: object): readonly unknown[] {
  return (Reflect.getMetadata(key, host) ?? []) as readonly unknown[];
}
