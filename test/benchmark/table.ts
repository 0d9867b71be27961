/** What one round of one contender showed. */
export interface Measure {
  readonly perSecond: number;
  /** Microseconds of CPU time a message. */
  readonly cpuMicros: number;
  /** Milliseconds. */
  readonly p99: number;
  readonly sidecarCalls: number;
}

/** A Markdown table of the medians, with ratios to the bare primitive and to the official SDK. */
export function markdown(
  title: string,
  measures: ReadonlyMap<string, readonly Measure[]>,
): string {
  const medians = new Map(
    [...measures].map(([name, rounds]) => [name, medianOf(rounds)]),
  );
  const bare = medians.get('bare')?.perSecond;
  const sdk = medians.get('dapr-sdk')?.perSecond;
  const rows = [...medians].map(
    ([name, { perSecond, cpuMicros, p99, sidecarCalls }]) =>
      `| ${name} | ${Math.round(perSecond).toLocaleString('en')} | ${ratio(perSecond, bare)} | ${ratio(perSecond, sdk)} | ` +
      `${cpuMicros.toFixed(1)} | ${p99.toFixed(2)} | ${sidecarCalls.toFixed(2)} |`,
  );
  return [
    `### ${title}`,
    '',
    '| contender | per second | × bare | × SDK | CPU µs each | p99 ms | sidecar calls each |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

function ratio(value: number, to: number | undefined): string {
  return to === undefined ? '' : (value / to).toFixed(2);
}

function medianOf(rounds: readonly Measure[]): Measure {
  const median = (pick: (measure: Measure) => number): number => {
    const sorted = rounds.map(pick).sort((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
  };
  return {
    perSecond: median((measure) => measure.perSecond),
    cpuMicros: median((measure) => measure.cpuMicros),
    p99: median((measure) => measure.p99),
    sidecarCalls: median((measure) => measure.sidecarCalls),
  };
}
