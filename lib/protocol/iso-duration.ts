import { roundToNanosecond } from './go-duration.js';

/** A duration read from ISO 8601 text. Calendar units stand apart: a month has no fixed length. */
export interface IsoDuration {
  /** The number in `R3/PT1S`; undefined without it. */
  readonly repetitions: number | undefined;
  readonly years: number;
  readonly months: number;
  /** Weeks included. */
  readonly days: number;
  /** Hours, minutes and seconds. */
  readonly milliseconds: number;
  /** False when a unit has a fraction, which daprd does not read. */
  readonly whole: boolean;
}

const AMOUNT = String.raw`(\d+(?:[.,]\d+)?)`;
const DURATION = new RegExp(
  `^P(?=.)(?:(\\d+)Y)?(?:(\\d+)M)?(?:${AMOUNT}W)?(?:${AMOUNT}D)?` +
    `(?:T(?=.)(?:${AMOUNT}H)?(?:${AMOUNT}M)?(?:${AMOUNT}S)?)?$`,
);
const REPETITIONS = /^R(\d+)(?:\/(.*))?$/s;

/**
 * Reads `P1DT2H`, `PT0.5S` or `R3/PT10S`; `R3` alone is three repetitions of nothing, as in daprd
 * (kit/time.ParseISO8601Duration). Undefined for any other text.
 */
export function parseIsoDuration(text: string): IsoDuration | undefined {
  const repeated = REPETITIONS.exec(text);
  const repetitions = repeated ? Number(repeated[1]) : undefined;
  const rest = repeated ? (repeated[2] ?? '') : text;
  if (repeated && rest === '') return { ...NOTHING, repetitions };
  const units = DURATION.exec(rest)?.slice(1);
  if (!units) return undefined;
  const [years, months, weeks, days, hours, minutes, seconds] = units.map(
    (unit) => Number((unit ?? '0').replace(',', '.')),
  ) as Units;
  return {
    repetitions,
    years,
    months,
    days: weeks * 7 + days,
    milliseconds: roundToNanosecond(
      hours * 3_600_000 + minutes * 60_000 + seconds * 1000,
    ),
    whole: !/[.,]/.test(rest),
  };
}

type Units = [number, number, number, number, number, number, number];

const NOTHING = { years: 0, months: 0, days: 0, milliseconds: 0, whole: true };
