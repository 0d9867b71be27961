import type { ModulesContainer } from '@nestjs/core';
import { DaprConfigurationError } from '../errors/dapr-configuration.error.js';
import { isDaprHandler } from '../handlers/handler.js';

/**
 * Nest looks for handlers on controllers only, so one on a provider would never be called, in silence.
 * @throws {@link DaprConfigurationError} that names each of them
 */
export function refuseMisplacedHandlers(modules: ModulesContainer): void {
  const controllers = new Set<unknown>();
  for (const module of modules.values())
    for (const { metatype } of module.controllers.values())
      controllers.add(metatype);
  const problems = new Set<string>();
  for (const module of modules.values())
    for (const { metatype } of module.providers.values()) {
      if (typeof metatype !== 'function' || controllers.has(metatype)) continue;
      for (const method of handlersOf(metatype))
        problems.add(
          `${metatype.name}.${method} handles calls of Dapr, but ${metatype.name} stands among the providers of ${module.name}, ` +
            'where Nest looks for no handlers. Move the method to a controller.',
        );
    }
  if (problems.size > 0)
    throw new DaprConfigurationError([...problems].join('\n'));
}

function handlersOf({ prototype }: { readonly prototype?: object }): string[] {
  const names: string[] = [];
  for (
    let target = prototype;
    target && target !== Object.prototype;
    target = Object.getPrototypeOf(target) as object | undefined
  )
    for (const [name, { value }] of Object.entries(
      Object.getOwnPropertyDescriptors(target),
    ))
      if (isDaprHandler(value)) names.push(name);
  return names;
}
