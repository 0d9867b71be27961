import { ModuleRef } from '@nestjs/core';
import { DaprClient } from '../../client/dapr-client.js';
import { ActorProxyFactory } from '../proxy/actor-proxy-factory.js';
import { dependenciesOf } from './dependencies.js';
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
