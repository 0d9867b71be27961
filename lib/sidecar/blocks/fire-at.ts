import type { Clock, ScheduledCall } from '../../protocol/clock.js';
import type { Activity } from '../activity.js';

/**
 * Runs `fire` at a time of the clock. What is due already runs as soon as possible, and is an activity until then: nobody
 * who waits for the sidecar to be idle may miss it.
 */
export function fireAt(
  { clock, activity }: { readonly clock: Clock; readonly activity: Activity },
  time: number,
  fire: () => void,
): ScheduledCall {
  const delay = time - clock.now();
  if (delay > 0) return clock.schedule(delay, fire);
  let end = (): void => undefined;
  void activity.track(() => new Promise<void>((resolve) => (end = resolve)));
  const call = clock.schedule(0, () => {
    fire();
    end();
  });
  return {
    cancel() {
      call.cancel();
      end();
    },
  };
}
