import type { Type } from '@nestjs/common';
import {
  ModuleRef,
  type ApplicationConfig,
  type ModulesContainer,
} from '@nestjs/core';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { AppConfig } from '../../protocol/app-config.js';
import type { Actor } from '../actor.js';
import type { ActorsModuleOptions } from '../actors.options.js';
import { enhancerConfig } from './enhancer-config.js';
import {
  enhancersOf,
  scopedEnhancers,
  scopedGlobalEnhancers,
  unpipedMethods,
} from './enhancers.js';
import { needsContext } from './dependencies.js';
import { findActorClasses, type FoundActor } from './discovery.js';
import { refuseHomelessFeatures } from './features.js';
import type { ActorMethod, HostedType } from './hosted-type.js';
import { readMembers } from './members.js';
import { Pipeline } from './pipeline.js';
import type { ProviderWrapper } from './nest-modules.js';
import { mayCallActors } from './reach.js';
import { stateFormat } from './state-format.js';
import { TurnLimit } from './turn-limit.js';
import { appConfigOf, refuseWrongOptions } from './type-config.js';

export interface RegistrySources {
  readonly moduleRef: ModuleRef;
  readonly modules: ModulesContainer;
  /** The app's own. */
  readonly config: ApplicationConfig;
  readonly inheritAppConfig: boolean;
  readonly options: ActorsModuleOptions;
}

/** The actor types that an app hosts. */
export interface Registry {
  readonly types: ReadonlyMap<string, HostedType>;
  readonly appConfig: AppConfig;
}

/** @throws DaprConfigurationError that names everything that is put together wrongly */
export function buildRegistry(sources: RegistrySources): Registry {
  const problems: string[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DaprConfigurationError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const found = findActorClasses(sources.modules, (problem) =>
    problems.push(problem),
  );
  const build = hostedTypeBuilder(sources);
  const types = found.flatMap((each) => attempt(() => build(each)) ?? []);
  // A class that was refused above is not hosted, but that is no second problem.
  if (problems.length === 0)
    attempt(() => refuseHomelessFeatures(sources.modules, found));
  const definitions = found.map(({ definition }) => definition);
  const appConfig = attempt(() => appConfigOf(sources.options, definitions));
  if (problems.length > 0 || !appConfig)
    throw new DaprConfigurationError(problems.join('\n'));
  return { types: new Map(types.map((type) => [type.name, type])), appConfig };
}

function hostedTypeBuilder({
  moduleRef,
  config,
  inheritAppConfig,
  options,
}: RegistrySources): (found: FoundActor) => HostedType {
  const inherited = inheritAppConfig ? config : undefined;
  const globals = enhancerConfig(inherited);
  let pipeline: Pipeline | undefined;
  return (found) => {
    const { target, definition, module, wrapper } = found;
    refuseWrongOptions(target.name, definition.options);
    const members = readMembers(target, definition.options.methods);
    const names = [
      ...members.methods,
      ...members.timers.values(),
      ...members.reminders.values(),
    ];
    refuseUnpiped(target, names, globals);
    const enhancers = enhancersOf(target, names, module);
    refuseScoped(target, enhancers, inherited);
    pipeline ??= new Pipeline(moduleRef, globals);
    const built = new Map<string, ActorMethod>();
    for (const name of names)
      built.set(name, pipeline.build(target, name, wrapper.id));
    const byName = (methods: ReadonlyMap<string, string>) =>
      new Map(Array.from(methods, ([key, name]) => [key, built.get(name)!]));
    const { name } = definition;
    const all = { ...options, ...definition.options };
    const { maxConcurrentTurns, reentrancy, state } = all;
    const limit =
      maxConcurrentTurns === undefined
        ? undefined
        : new TurnLimit(maxConcurrentTurns);
    return {
      name,
      target,
      options: all,
      moduleRef: module.getProviderByKey(ModuleRef).instance as ModuleRef,
      isScoped: needsContext(wrapper),
      methods: byName(new Map(members.methods.map((name) => [name, name]))),
      timers: byName(members.timers),
      reminders: byName(members.reminders),
      slots: new Map(),
      rules: {
        isReentrant: reentrancy?.enabled ?? false,
        mayCall: [wrapper, ...enhancers].some(mayCallActors),
        limit,
      },
      format: stateFormat(name, state),
      sendsStacks: options.stacks ?? false,
    };
  };
}

function refuseUnpiped(
  target: Type<Actor>,
  names: readonly string[],
  config: ApplicationConfig,
): void {
  const unpiped = unpipedMethods(target, names, config);
  if (unpiped.length > 0)
    throw new DaprConfigurationError(
      `A pipe is meant for ${unpiped.map((name) => `${target.name}.${name}`).join(', ')}, but would never see an ` +
        'argument: pipes get the parameters that carry a decorator. Put @Payload() in front of each parameter.',
    );
}

function refuseScoped(
  target: Type<Actor>,
  enhancers: readonly ProviderWrapper[],
  inherited: ApplicationConfig | undefined,
): void {
  const scoped = [
    ...scopedEnhancers(enhancers),
    ...(inherited ? scopedGlobalEnhancers(inherited) : []),
  ];
  if (scoped.length > 0)
    throw new DaprConfigurationError(
      `${scoped.join(', ')} can't work for the actor ${target.name}: a guard, pipe, interceptor or filter that is ` +
        'request-scoped or transient (or asks for something that is) is built per HTTP request, and an actor call is ' +
        'none. Give it the default scope; what it needs of the call it finds in the ExecutionContext.',
    );
}
