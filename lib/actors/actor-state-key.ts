/**
 * The key under which Dapr keeps a value of an actor's state in the state store's database, for those who look there
 * with the database's own tools: Dapr's state API gives access to the keys of an app only, not to those of its actors.
 * The store may add to it, as its own documentation says; what stands there is that of `ActorState.set`: bare JSON, or
 * an envelope where the actor type gives its state a version.
 *
 * @param appId of the app that hosts the actor
 * @see https://docs.dapr.io/reference/api/actors_api/#querying-actor-state-externally, which has another separator
 */
export function actorStateKey(
  appId: string,
  actorType: string,
  actorId: string,
  key: string,
): string {
  return [appId, actorType, actorId, key].join('||');
}
