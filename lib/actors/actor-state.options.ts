/** What stands in the store for a value, and how the value comes back. */
export interface ActorStateSerializer {
  /** A JSON value, or anything that has a JSON form, for a value that is set. */
  encode(value: unknown, key: string): unknown;
  /** The value for what was stored. Called at each `get`, with JSON of its own. */
  decode(stored: unknown, key: string): unknown;
}

/** How the state of an actor type is stored. */
export interface ActorStateOptions {
  /**
   * Keep a list of each actor's keys beside its values, for `state.keys()`: Dapr can't list them. A turn that stores a
   * new key or removes one stores the list, too, in the same transaction; the first that stores anything reads it
   * before. Keys from before the option was set, or that others store, are in it once they are set again. Default false.
   */
  readonly keys?: boolean | undefined;
  /** For values that JSON has no form of, such as dates and maps. Default: JSON. */
  readonly serializer?: ActorStateSerializer | undefined;
  /**
   * The version of the shape in which this code stores values: a whole number from 1 up, one more with each change of it.
   * Such a value is stored in an envelope that tells it. What has no envelope, as state from
   * before, or of another SDK, has the version 0; so does a type without this option, whose values are stored bare.
   * Goes with `upcast`.
   */
  readonly version?: number | undefined;
  /**
   * Gives a value of an older version, as it was stored, the shape of `version`. Called at each `get` of such a value:
   * it is stored in the new shape when it is next set. Must not depend on anything else.
   */
  readonly upcast?:
    ((stored: unknown, version: number, key: string) => unknown) | undefined;
  /**
   * The oldest version whose code can work with what this one stores. While replicas of both run, an actor may move
   * from a new one to an old one and back: older code than that refuses the value in words, so the call fails; code from
   * that version on is given the value as it is, and stores it in its own, older version. Only what was added to a
   * shape can be left to older code, and what that does not store again is lost. Default: `version`, nobody older.
   */
  readonly readableBy?: number | undefined;
}
