/** Milliseconds per unit of a Go duration; both signs for micro, as Go takes them. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds that a Go duration can hold, 2^63 nanoseconds. */
export const LONGEST_GO_DURATION = 2 ** 63 / 1e6;

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gu;
const WHOLE = new RegExp(`^([+-]?)((?:${PART.source})+|0)$`, 'u');

/**
 * Milliseconds of a Go duration such as `1h30m`, `500ms` or `-1.5s`; undefined for any other text.
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseGoDuration(text: string): number | undefined {
  const whole = WHOLE.exec(text);
  if (!whole) return undefined;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(PART))
    milliseconds += Number(amount) * UNITS[unit as string]!;
  return roundToNanosecond(whole[1] === '-' ? -milliseconds : milliseconds);
}

/** Go counts in nanoseconds; 1.001 × 1000 is 1000.9999999999999 in binary. */
export function roundToNanosecond(milliseconds: number): number {
  return Number.isInteger(milliseconds)
    ? milliseconds
    : Math.round(milliseconds * 1e6) / 1e6;
}

/**
 * Prints milliseconds as Go prints a duration: `1h30m0s`, `1.5s`, `500ms`, `0s`.
 * @see https://pkg.go.dev/time#Duration.String
 */
export function formatGoDuration(milliseconds: number): string {
  const size = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? '-' : '';
  // Nanoseconds as a BigInt: those of a day no longer fit into 53 bits together with a fraction.
  const nanoseconds =
    BigInt(Math.trunc(size)) * 1_000_000n +
    BigInt(Math.round((size % 1) * 1e6));
  if (nanoseconds === 0n) return '0s';
  if (nanoseconds < 1000n) return `${sign}${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n)
    return `${sign}${decimal(nanoseconds, 1000n)}µs`;
  if (nanoseconds < 1_000_000_000n)
    return `${sign}${decimal(nanoseconds, 1_000_000n)}ms`;
  const minutes = nanoseconds / 60_000_000_000n;
  const seconds = decimal(nanoseconds % 60_000_000_000n, 1_000_000_000n);
  if (minutes === 0n) return `${sign}${seconds}s`;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}s`;
}

function decimal(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`;
}
