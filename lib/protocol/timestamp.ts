const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Milliseconds since the epoch of RFC 3339 text; undefined for any other text, other forms that `Date` reads included. */
export function parseTimestamp(text: string): number | undefined {
  const date = RFC3339.exec(text);
  if (!date) return undefined;
  // Date turns the 30th of February into the 1st of March, Go refuses it.
  const days = new Date(Date.UTC(Number(date[1]), Number(date[2]), 0));
  if (Number(date[3]) > days.getUTCDate()) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** RFC 3339 in UTC, whole seconds, as Go prints it: `2026-11-20T14:37:38Z`. */
export function utcTimestamp(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with the machine's own offset, whole seconds: `2026-11-20T19:57:10+05:30`, `…Z` where that is UTC. */
export function localTimestamp(time: number): string {
  const offset = -new Date(time).getTimezoneOffset();
  if (offset === 0) return utcTimestamp(time);
  const size = Math.abs(offset);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const local = new Date(time + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}
