/** A google.protobuf.Duration. */
export interface ProtoDuration {
  readonly seconds: number;
  readonly nanos: number;
}

export function toProtoDuration(milliseconds: number): ProtoDuration {
  const seconds = Math.trunc(milliseconds / 1000);
  const nanos = Math.round((milliseconds - seconds * 1000) * 1e6);
  // Never -0.
  return { seconds: seconds || 0, nanos: nanos || 0 };
}

/** Milliseconds of a duration. */
export function ofProtoDuration({ seconds, nanos }: ProtoDuration): number {
  return seconds * 1000 + nanos / 1e6;
}

/**
 * Its JSON form, with no, three, six or nine digits of a fraction: `5s`, `0.500s`.
 * @see https://protobuf.dev/programming-guides/json/
 */
export function protoDurationText(milliseconds: number): string {
  const { seconds, nanos } = toProtoDuration(milliseconds);
  const sign = milliseconds < 0 ? '-' : '';
  const digits = String(Math.abs(nanos))
    .padStart(9, '0')
    .replace(/(?:000){1,3}$/, '');
  return `${sign}${Math.abs(seconds)}${digits && `.${digits}`}s`;
}

/** Milliseconds of the JSON form; undefined for any other text. */
export function parseProtoDuration(text: string): number | undefined {
  if (!/^[+-]?(?:\d+(?:\.\d{0,9})?|\.\d{1,9})s$/.test(text)) return undefined;
  return Math.round(Number(text.slice(0, -1)) * 1e9) / 1e6;
}
