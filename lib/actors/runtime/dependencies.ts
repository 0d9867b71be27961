import type { ProviderWrapper } from './nest-modules.js';

/**
 * Whether a class gets what it asks for only in a context of its own. `@ActorType` makes the class transient, and
 * outside a context Nest runs no constructor of the transient providers that a transient one asks for (Injector,
 * https://github.com/nestjs/nest/blob/master/packages/core/injector/injector.ts).
 */
export function needsContext(wrapper: ProviderWrapper): boolean {
  if (!wrapper.isDependencyTreeStatic()) return true;
  return dependenciesOf(wrapper)?.some((each) => each.isTransient) ?? true;
}

/** What a class asks for. Undefined where Nest has not resolved them all. */
export function dependenciesOf(
  wrapper: ProviderWrapper,
): ProviderWrapper[] | undefined {
  // Nest leaves some out of both lists, such as INQUIRER.
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
