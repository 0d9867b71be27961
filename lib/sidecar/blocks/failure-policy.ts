/** What Dapr's scheduler does when a call that was due has failed. */
export type JobFailurePolicy =
  | { readonly drop: true }
  | {
      readonly constant: {
        /** Milliseconds. */
        readonly interval: number | undefined;
        /** Undefined: without end. */
        readonly maxRetries: number | undefined;
      };
    };

/** That of a call for which none was named (diagridio/go-etcd-cron). */
export const DEFAULT_POLICY: JobFailurePolicy = {
  constant: { interval: 1000, maxRetries: 3 },
};

/** How long after its time a call comes that has failed so many times. */
export function delayOf(policy: JobFailurePolicy, failures: number): number {
  return 'drop' in policy ? 0 : failures * (policy.constant.interval ?? 0);
}

/** Whether a call comes again that has failed so many times. */
export function triesAgain(
  policy: JobFailurePolicy,
  failures: number,
): boolean {
  return (
    !('drop' in policy) && failures <= (policy.constant.maxRetries ?? Infinity)
  );
}
