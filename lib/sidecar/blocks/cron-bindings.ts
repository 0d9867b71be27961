import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import type { Clock, ScheduledCall } from '../../protocol/clock.js';
import { nextCron } from '../../protocol/cron.js';
import { Headers } from '../../protocol/headers.js';
import type { Activity } from '../activity.js';
import type { Replica } from '../app/replica.js';
import { answerOf } from '../app/startup.js';
import type { Resiliency } from '../resiliency.js';
import type { Resources } from '../resources.js';
import {
  metadataFor,
  metadataValue,
  type Component,
} from '../resources/component.js';
import { attempt } from '../retries.js';
import { NO_TRACE } from '../trace.js';
import type { Transcript } from '../transcript.js';

export interface CronBindingsDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly transcript: Transcript;
  readonly resources: Resources;
  readonly resiliency: Resiliency;
  readonly warn: (line: string) => void;
}

// --app-binding-options-timeout of daprd. Real time, since the application is real.
const PROBE_TIMEOUT = 3000;

/** A cron binding as one application sees it. */
interface CronBinding {
  readonly component: Component;
  readonly path: string;
  readonly schedule: string;
  /** The metadata says that it is an input: the application is not asked. */
  readonly isExplicit: boolean;
}

/** The input bindings that there are: clocks that tick. */
export class CronBindings {
  /** @throws DaprConfigurationError for a schedule that can't be read */
  constructor(private readonly deps: CronBindingsDependencies) {
    for (const component of deps.resources.components)
      if (component.type === 'bindings.cron') requireSchedule(component);
  }

  /** Asks the process which bindings it listens to and begins to tick. Returns how to end that. */
  async start(replica: Replica): Promise<() => void> {
    const stops: (() => void)[] = [];
    for (const binding of this.inputsOf(replica.appId)) {
      const isHeard =
        binding.isExplicit || (await this.probe(replica, binding));
      // daprd gives up at the first probe without an answer.
      if (isHeard === undefined) break;
      if (isHeard) stops.push(this.tick(replica, binding));
    }
    return () => {
      for (const stop of stops) stop();
    };
  }

  private inputsOf(appId: string): CronBinding[] {
    return this.deps.resources
      .componentsOf(appId)
      .filter(({ type }) => type === 'bindings.cron')
      .flatMap((component) => {
        const metadata = metadataFor(component, appId);
        const directions = metadataValue(metadata, 'direction')
          ?.split(',')
          .map((direction) => direction.trim().toLowerCase());
        if (directions && !directions.includes('input')) return [];
        const route = metadataValue(metadata, 'route') || component.name;
        return {
          component,
          path: route.startsWith('/') ? route : `/${route}`,
          schedule: metadataValue(metadata, 'schedule') ?? '',
          isExplicit: directions !== undefined,
        };
      });
  }

  /** Undefined when there was no answer. */
  private async probe(
    replica: Replica,
    { component, path }: CronBinding,
  ): Promise<boolean | undefined> {
    const answer = await answerOf(replica, this.deps, 'probe', component.name, {
      verb: 'OPTIONS',
      path,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(PROBE_TIMEOUT),
    });
    if (!answer) {
      this.deps.warn(
        `Application "${replica.appId}" did not answer OPTIONS ${path}: no input bindings from "${component.name}" on.`,
      );
      return undefined;
    }
    return (
      (answer.status >= 200 && answer.status <= 299) || answer.status === 405
    );
  }

  private tick(replica: Replica, binding: CronBinding): () => void {
    const { clock, activity } = this.deps;
    let timer: ScheduledCall | undefined;
    const arm = (from: number): void => {
      const due = nextCron(binding.schedule, from);
      if (due === undefined) return;
      timer = clock.schedule(due - clock.now(), () => {
        // A machine that slept does not catch up, and a timer that came early does not tick twice.
        arm(Math.max(due, clock.now()));
        void activity.track(() => this.deliver(replica, binding));
      });
    };
    arm(clock.now());
    return () => timer?.cancel();
  }

  private async deliver(replica: Replica, binding: CronBinding): Promise<void> {
    const { clock, transcript, resiliency, warn } = this.deps;
    const { component, path } = binding;
    const headers = {
      'content-type': 'application/json',
      readtimeutc: goTime(clock.now()),
      timezone: process.env['TZ'] || 'Local',
      [Headers.traceparent]: NO_TRACE,
    };
    const policy = resiliency.inbound(replica.appId, component);
    const answer = await attempt(
      { ...this.deps, until: replica.leaving },
      policy,
      async (signal) => {
        const at = clock.now();
        const outcome = await replica
          .request({
            verb: 'POST',
            path,
            headers,
            body: '',
            ...(signal && { signal }),
          })
          .then(({ status }) => status)
          .catch(() => undefined);
        transcript.add({
          kind: 'binding',
          at,
          appId: replica.appId,
          name: component.name,
          outcome: outcome === undefined ? 'error' : String(outcome),
        });
        if (outcome === undefined) throw new Error('no answer');
        return outcome;
      },
      // Under a retry policy daprd takes nothing but 200 for success.
      (status) => (status === 200 ? undefined : { status }),
    ).catch(() => undefined);
    if (answer === undefined || answer < 200 || answer > 299)
      if (!replica.leaving.aborted)
        warn(
          `Application "${replica.appId}" failed on binding "${component.name}" (${answer ?? 'no answer'}).`,
        );
  }
}

function requireSchedule(component: Component): void {
  const schedule = metadataValue(component.metadata, 'schedule');
  const place = `${component.file}: Component "${component.name}"`;
  if (!schedule)
    throw new DaprConfigurationError(
      `${place}: the metadata "schedule" is missing. Give one such as "@every 5m" or "0 * * * *".`,
    );
  try {
    nextCron(schedule, 0);
  } catch (error) {
    throw new DaprConfigurationError(`${place}: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** A time as Go prints it: `2026-11-20 14:23:08.001 +0000 UTC`. */
function goTime(time: number): string {
  const [date, clock = ''] = new Date(time).toISOString().split('T');
  return `${date} ${clock.replace(/\.?0*Z$/, '')} +0000 UTC`;
}
