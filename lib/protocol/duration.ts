export interface DurationFields {
  readonly years?: number;
  readonly months?: number;
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

export type Duration = string | DurationFields | { toString(): string };
export type DurationInput = Duration;

export class DurationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DurationError';
  }
}

export function toMilliseconds(input: Duration): number {
  return Number(input);
}

export function toGoDuration(input: Duration): string {
  return formatGoDuration(toMilliseconds(input));
}

export function formatGoDuration(ms: number): string {
  return `${ms}ms`;
}
