/**
 * The specs of actors once more, for an app whose own client speaks gRPC: calls of actors, their state, their timers and
 * reminders go through it.
 */
process.env.DAPR_SPEC_PROTOCOL = 'GRPC';
// What the client speaks has nothing to do with the platform.
process.env.DAPR_SPEC_PLATFORM = 'Fastify';

await import('./actor-calls.spec.js');
await import('./actor-errors.spec.js');
await import('./actor-failures.spec.js');
await import('./actor-lifetime.spec.js');
await import('./actor-reentrancy.spec.js');
await import('./actor-schedules.spec.js');
await import('./actor-state.spec.js');
await import('./actor-state-options.spec.js');
await import('./actor-turns.spec.js');

export {};
