import { DaprBadRequestError } from '../errors/dapr-bad-request.error.js';

/** The values of {@link StateOptions.concurrency} as `@dapr/dapr` spells them. */
export const StateConcurrencyEnum = {
  CONCURRENCY_UNSPECIFIED: 0,
  CONCURRENCY_FIRST_WRITE: 1,
  CONCURRENCY_LAST_WRITE: 2,
} as const;

export type StateConcurrencyEnum =
  (typeof StateConcurrencyEnum)[keyof typeof StateConcurrencyEnum];

/** The values of {@link StateOptions.consistency} as `@dapr/dapr` spells them. */
export const StateConsistencyEnum = {
  CONSISTENCY_UNSPECIFIED: 0,
  CONSISTENCY_EVENTUAL: 1,
  CONSISTENCY_STRONG: 2,
} as const;

export type StateConsistencyEnum =
  (typeof StateConsistencyEnum)[keyof typeof StateConsistencyEnum];

/** How safely a value is stored, or how fresh it is read. */
export type StateConsistency = 'eventual' | 'strong' | StateConsistencyEnum;

/** How a write treats what is stored, and how safely it is stored. Without them the store decides. */
export interface StateOptions {
  /** `first-write`: fails where the value has changed since its etag was read, or exists and no etag is given. */
  readonly concurrency?:
    'first-write' | 'last-write' | StateConcurrencyEnum | undefined;
  readonly consistency?: StateConsistency | undefined;
}

// In the order of their numbers, which are those of Dapr's gRPC API; HTTP takes the texts.
const CONCURRENCY = [undefined, 'first-write', 'last-write'] as const;
const CONSISTENCY = [undefined, 'eventual', 'strong'] as const;

/** The options as Dapr's HTTP API writes them. @throws {@link DaprBadRequestError} for what they can't be */
export function optionTexts(
  operation: string,
  options: StateOptions | undefined,
): {
  concurrency: (typeof CONCURRENCY)[number];
  consistency: (typeof CONSISTENCY)[number];
} {
  const { concurrency, consistency } = optionNumbers(operation, options);
  return {
    concurrency: CONCURRENCY[concurrency],
    consistency: CONSISTENCY[consistency],
  };
}

/** The same as Dapr's gRPC API writes them. */
export function optionNumbers(
  operation: string,
  options: StateOptions | undefined,
): { concurrency: 0 | 1 | 2; consistency: 0 | 1 | 2 } {
  const { concurrency, consistency } = options ?? {};
  return {
    concurrency: numberOf(operation, 'concurrency', CONCURRENCY, concurrency),
    consistency: numberOf(operation, 'consistency', CONSISTENCY, consistency),
  };
}

function numberOf(
  operation: string,
  what: keyof StateOptions,
  choices: typeof CONCURRENCY | typeof CONSISTENCY,
  given: string | number | undefined,
): 0 | 1 | 2 {
  const number =
    typeof given === 'number'
      ? given
      : (choices as readonly unknown[]).indexOf(given);
  if (number === 0 || number === 1 || number === 2) return number;
  const [, one, other] = choices;
  throw new DaprBadRequestError(
    `${operation} failed: the option ${what} is ${JSON.stringify(given)}; "${one}" or "${other}" is due.`,
    { operation },
  );
}
