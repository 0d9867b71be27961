import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { ActorContext } from '../../contexts/actor.context.js';
import type { Actor } from '../actor.js';
import type { ActorTypeOptions } from '../actors.options.js';
import type { ActorSlot } from './slot.js';
import type { StateFormat } from './state-format.js';
import type { TurnRules } from './turn.js';

/** A method of an actor behind Nest's guards, interceptors, pipes and filters. */
export type ActorMethod = (invocation: Invocation) => Promise<unknown>;

/** One run of a method. */
export interface Invocation {
  readonly actor: Actor;
  readonly args: readonly unknown[];
  readonly context: ActorContext;
  /** The method threw; what it changed must go, even if an interceptor or filter makes a result of the error. */
  readonly takeBack: () => void;
}

/** An actor type that this app hosts. */
export interface HostedType {
  readonly name: string;
  readonly target: Type<Actor>;
  /** Those of `@ActorType` over those of the app. */
  readonly options: ActorTypeOptions;
  /** Of the module that provides the class: it alone sees what the constructor asks for. */
  readonly moduleRef: ModuleRef;
  /** Something in the constructor's dependencies is request-scoped, so each instance gets its own. */
  isScoped: boolean;
  /** Callable methods by name. */
  readonly methods: ReadonlyMap<string, ActorMethod>;
  /** By the timer's name. */
  readonly timers: ReadonlyMap<string, ActorMethod>;
  /** By the reminder's name. */
  readonly reminders: ReadonlyMap<string, ActorMethod>;
  /** By actor id. */
  readonly slots: Map<string, ActorSlot>;
  readonly rules: TurnRules;
  readonly format: StateFormat;
  /** Proxies are told the stacks of errors. */
  readonly sendsStacks: boolean;
}
