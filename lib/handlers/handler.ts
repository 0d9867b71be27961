import 'reflect-metadata';
import { EventPattern } from '@nestjs/microservices';
import { DAPR_TRANSPORT } from './dapr-transport.js';
import type { BulkSubscribeOptions } from './bulk-subscribe.decorator.js';
import type { InvocableOptions } from './invocable.decorator.js';
import type { OnConfigurationOptions } from './on-configuration.decorator.js';
import type { ScheduledJobOptions } from './scheduled-job.decorator.js';
import type { SubscribeOptions } from './subscribe.decorator.js';

/** What a decorator says of a controller method. */
export type HandlerDefinition =
  | {
      readonly kind: 'topic';
      readonly pubsubName: string;
      readonly topic: string;
      readonly options: SubscribeOptions;
    }
  | {
      /** Of a topic too: a call has a list of messages, and a status for each. */
      readonly kind: 'batches';
      readonly pubsubName: string;
      readonly topic: string;
      readonly options: BulkSubscribeOptions;
    }
  | {
      readonly kind: 'binding';
      readonly name: string;
      /** There are none: what somebody without types gave all the same. */
      readonly options: object;
    }
  | {
      readonly kind: 'job';
      readonly name: string;
      readonly options: ScheduledJobOptions;
    }
  | {
      readonly kind: 'configuration';
      readonly storeName: string;
      readonly keys: readonly string[];
      readonly options: OnConfigurationOptions;
    }
  | {
      readonly kind: 'invocation';
      readonly method: string;
      readonly options: InvocableOptions;
    };

/** A definition together with the method it stands on, as `Controller.method`. */
export type OwnedDefinition = HandlerDefinition & { readonly owner: string };

/** Where the definitions travel in a Nest handler's `extras`, by pattern: a method may have several. */
export const HANDLER_EXTRAS = 'nestjs-dapr';

const DEFINITIONS = Symbol('nestjs-dapr:handlers');

/**
 * Registers a method with Nest as a handler of our transport. May be applied to one method several times, which
 * `EventPattern` alone does not allow: the outermost would replace the others' patterns.
 */
export function daprHandler(definition: HandlerDefinition): MethodDecorator {
  return (target, key, descriptor) => {
    const method = descriptor.value as object;
    const owner = `${target.constructor.name}.${String(key)}`;
    const earlier = (Reflect.getOwnMetadata(DEFINITIONS, method) ??
      []) as OwnedDefinition[];
    const definitions = [{ ...definition, owner }, ...earlier];
    Reflect.defineMetadata(DEFINITIONS, definitions, method);
    const byPattern = Object.fromEntries(
      definitions.map((each, index) => [`${each.kind}:${index}`, each]),
    );
    const register = EventPattern(Object.keys(byPattern), DAPR_TRANSPORT, {
      [HANDLER_EXTRAS]: byPattern,
    }) as MethodDecorator;
    return register(target, key, descriptor);
  };
}

/** Whether a value is a method with one of our decorators. */
export function isDaprHandler(value: unknown): boolean {
  return (
    typeof value === 'function' && Reflect.hasOwnMetadata(DEFINITIONS, value)
  );
}
