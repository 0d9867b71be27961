import { Actor } from './actor.js';

/** Methods that Nest or the actor runtime calls. */
const HOOKS = [
  'onActivate',
  'onDeactivate',
  'onModuleInit',
  'onModuleDestroy',
  'onApplicationBootstrap',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
];

/** Names that can't be called from outside, whoever declares them; nor can those that begin with `_`. */
export const HIDDEN_METHODS: ReadonlySet<string> = new Set([
  ...HOOKS,
  ...Object.getOwnPropertyNames(Actor.prototype),
  ...Object.getOwnPropertyNames(Object.prototype),
]);
