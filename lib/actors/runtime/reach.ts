import { ModuleRef } from '@nestjs/core';
import { DaprClient } from '../../client/dapr-client.js';
import { ActorProxyFactory } from '../proxy/actor-proxy-factory.js';
import type { ProviderWrapper } from './nest-modules.js';

/** What calls of actors can be made with. `Actors` come from the factory. */
const CALLERS: ReadonlySet<unknown> = new Set([
  ActorProxyFactory,
  DaprClient,
  // Gives all the others.
  ModuleRef,
]);

/**
 * Whether a class can get at what calls actors, itself or through its dependencies. Where Nest has not looked at them
 * yet, it may.
 */
export function mayCallActors(wrapper: ProviderWrapper): boolean {
  const seen = new Set<ProviderWrapper>();
  const reaches = (each: ProviderWrapper): boolean => {
    if (CALLERS.has(each.token)) return true;
    if (seen.has(each)) return false;
    seen.add(each);
    return dependenciesOf(each)?.some(reaches) ?? true;
  };
  return reaches(wrapper);
}

/** Undefined where Nest has not resolved them all. */
function dependenciesOf(
  wrapper: ProviderWrapper,
): ProviderWrapper[] | undefined {
  // What Nest leaves out of both lists, such as INQUIRER, calls nobody.
  const parameters = wrapper.getCtorMetadata() ?? [];
  const properties = wrapper.getPropertiesMetadata() ?? [];
  return parameters.length < countOf(wrapper)
    ? undefined
    : [...parameters, ...properties.map((each) => each.wrapper)].filter(
        Boolean,
      );
}

function countOf({ inject, metatype }: ProviderWrapper): number {
  if (inject) return inject.length;
  if (typeof metatype !== 'function') return 0;
  // A subclass without a constructor of its own has the length 0.
  const types = Reflect.getMetadata('design:paramtypes', metatype) as
    readonly unknown[] | undefined;
  return Math.max(metatype.length, types?.length ?? 0);
}
