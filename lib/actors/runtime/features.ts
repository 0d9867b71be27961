import type { ModulesContainer } from '@nestjs/core';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { actorTypeOf } from '../actor-type.decorator.js';
import { actorClassOf } from '../proxy/actor-type-ref.js';
import { FeatureActors } from '../proxy/actors.js';
import type { FoundActor } from './discovery.js';
import { hasCallableMethods } from './members.js';
import type { NestModule } from './nest-modules.js';

/**
 * A class with code that `forFeature` names and no module provides: every call of it would wait for a host that does
 * not exist.
 */
export function refuseHomelessFeatures(
  modules: ModulesContainer,
  hosted: readonly FoundActor[],
): void {
  const problems = new Set<string>();
  for (const module of modules.values())
    for (const { instance } of module.providers.values())
      if (instance instanceof FeatureActors) {
        const problem = problemOf(instance, module, modules, hosted);
        if (problem) problems.add(problem);
      }
  if (problems.size > 0)
    throw new DaprConfigurationError([...problems].join('\n'));
}

function problemOf(
  { actorType, ref }: FeatureActors<unknown>,
  module: NestModule,
  modules: ModulesContainer,
  hosted: readonly FoundActor[],
): string | undefined {
  const target = actorClassOf(ref);
  if (!target || actorTypeOf(target)?.options.remote) return undefined;
  if (hosted.some(({ definition }) => definition.name === actorType))
    return undefined;
  if (!hasCallableMethods(target)) return undefined;
  const importers = [...modules.values()].filter(({ imports }) =>
    imports.has(module),
  );
  const names = importers.map(({ name }) => name).join(', ') || module.name;
  return (
    `${names} asks for the actors of ${target.name} (type "${actorType}"), but no module provides ${target.name}. ` +
    `Add ${target.name} to the providers of a module; or, where another app hosts it, write ` +
    `forFeature(['${actorType}']) or @ActorType('${actorType}', { remote: true }).`
  );
}
