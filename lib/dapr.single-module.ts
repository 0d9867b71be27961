import type { ModulesContainer } from '@nestjs/core';
import { ConfigurableModuleClass } from './dapr.module-definition.js';
import { DaprConfigurationError } from './errors/dapr-configuration.error.js';

/**
 * Two of them would put two transports on one port.
 * @throws {@link DaprConfigurationError} where an app imports `DaprModule` more than once, or without options
 */
export function refuseOtherModules(
  modules: ModulesContainer,
  options: object | undefined,
): asserts options {
  const found = [...modules.values()].filter(({ metatype }) =>
    isDaprModule(metatype),
  );
  const importers = [...modules.values()].flatMap(({ metatype, name }) =>
    importsOf(metatype)
      .filter((each) => isDaprModule(each))
      .map(() => name),
  );
  const by = importers.length > 0 ? ` by ${importers.join(' and ')}` : '';
  if (found.length > 1)
    throw new DaprConfigurationError(
      `DaprModule is imported ${found.length} times${by}. Import DaprModule.forRoot() once, in the root module: ` +
        'it serves every module from there. Clients of other sidecars are named in its option "clients".',
    );
  if (!options)
    throw new DaprConfigurationError(
      `DaprModule is imported${by} without options. Import DaprModule.forRoot(), ` +
        'or let the factory of forRootAsync() return options.',
    );
}

function isDaprModule(type: unknown): boolean {
  return (
    typeof type === 'function' &&
    type.prototype instanceof ConfigurableModuleClass
  );
}

/** What a module's decorator imports; in `module.imports` every module imports the global ones. */
function importsOf(metatype: object): unknown[] {
  const imports: readonly unknown[] =
    (Reflect.getMetadata('imports', metatype) as unknown[] | undefined) ?? [];
  return imports.map((each) =>
    typeof each === 'object' && each !== null && 'module' in each
      ? each.module
      : each,
  );
}
