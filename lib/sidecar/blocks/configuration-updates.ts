import type { Clock } from '../../protocol/clock.js';
import { goJson } from '../../protocol/go-json.js';
import type { Activity } from '../activity.js';
import type { Replica } from '../app/replica.js';
import type { Resiliency } from '../resiliency.js';
import type { Resources } from '../resources.js';
import { attempt } from '../retries.js';
import type { Transcript } from '../transcript.js';
import { wireItem } from './configuration-store.js';
import type { ConfigurationRequest, Configurations } from './configuration.js';

export interface ConfigurationUpdatesDependencies {
  readonly configurations: Configurations;
  readonly clock: Clock;
  readonly activity: Activity;
  readonly transcript: Transcript;
  readonly resources: Resources;
  readonly resiliency: Resiliency;
  readonly warn: (line: string) => void;
}

interface Update {
  readonly storeName: string;
  readonly key: string;
  readonly body: string;
}

/** The subscriptions that an application has made over HTTP: what changes is posted to it, one after the other. */
export class ConfigurationUpdates {
  private readonly made = new Map<string, string>();

  constructor(
    private readonly deps: ConfigurationUpdatesDependencies,
    private readonly appId: string,
    /** The process that is connected now. */
    private readonly replica: () => Replica | undefined,
  ) {}

  /** Returns the subscription's id. @throws Refusal */
  subscribe(request: ConfigurationRequest): string {
    const { configurations, activity } = this.deps;
    const { storeName } = request;
    let before = Promise.resolve();
    const id = configurations.subscribe(this.appId, request, {
      changed: (key, item) => {
        const body = `${goJson({ id, items: { [key]: wireItem(item) } })}\n`;
        const earlier = before;
        before = activity.track(async () => {
          await earlier;
          await this.post({ storeName, key, body });
        });
      },
      ended: () => void this.made.delete(id),
    });
    this.made.set(id, storeName);
    return id;
  }

  /** Ends them all: the process that made them is gone. */
  end(): void {
    for (const [id, storeName] of this.made)
      this.deps.configurations.unsubscribe(storeName, id);
  }

  private async post({ storeName, key, body }: Update): Promise<void> {
    const { clock, transcript, resources, resiliency, warn } = this.deps;
    const replica = this.replica();
    const component = resources.componentOf(this.appId, storeName);
    if (!component) return;
    const policy = resiliency.inbound(this.appId, component);
    const answer = await attempt(
      { ...this.deps, ...(replica && { until: replica.leaving }) },
      policy,
      async (signal) => {
        const at = clock.now();
        const outcome = await replica
          ?.request({
            verb: 'POST',
            path: `/configuration/${encodeURIComponent(storeName)}/${pathOf(key)}`,
            headers: { 'content-type': 'application/json' },
            body,
            ...(signal && { signal }),
          })
          .then(({ status }) => status)
          .catch(() => undefined);
        transcript.add({
          kind: 'configuration',
          at,
          appId: this.appId,
          name: `${storeName}/${key}`,
          outcome: outcome === undefined ? 'error' : String(outcome),
        });
        if (outcome === undefined) throw new Error('no answer');
        return outcome;
      },
      // daprd takes nothing but 200 for success.
      (status) => (status === 200 ? undefined : { status }),
    ).catch(() => undefined);
    if (answer !== 200)
      warn(
        `Application "${this.appId}" failed on a change of "${key}" in configuration store "${storeName}" (${answer ?? 'no answer'}).`,
      );
  }
}

/** Where a key has slashes, so has the path, as in daprd. */
function pathOf(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
