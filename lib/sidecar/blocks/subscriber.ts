import { randomUUID } from 'node:crypto';
import { sleep, type Clock } from '../../protocol/clock.js';
import {
  readTopicAnswer,
  type TopicEventStatus,
} from '../../protocol/topic-status.js';
import type { Activity } from '../activity.js';
import type { AppRequest } from '../app/channel.js';
import type { Policy } from '../resiliency.js';
import { inTime, retryDelay } from '../retries.js';
import type { Transcript } from '../transcript.js';
import { setAside, type SetAsideDependencies } from './set-aside.js';
import {
  readMessage,
  type Letter,
  type Message,
  type Pending,
} from './topic-message.js';

export interface SubscriberDependencies extends SetAsideDependencies {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly transcript: Transcript;
  readonly policy: Policy;
}

/** What became of one attempt to deliver. */
interface Delivery {
  readonly outcome: TopicEventStatus;
  /** The status that made it fail, if one did. */
  readonly status: number | undefined;
}

/** Brings the messages of one subscription to one process of the application, one after the other. */
export class Subscriber {
  constructor(private readonly deps: SubscriberDependencies) {}

  /** Sees one message through all its attempts, as long as the process is there. */
  async handle(pending: Pending): Promise<'done' | 'undone'> {
    const { clock, activity, replica } = this.deps;
    for (;;) {
      const wait = pending.notBefore - clock.now();
      if (wait > 0)
        await sleep(clock, wait, replica.leaving).catch(() => undefined);
      if (replica.leaving.aborted) return 'undone';
      const end = await activity.track(() => this.tryOnce(pending));
      if (end !== 'again') return end;
    }
  }

  private async tryOnce(
    pending: Pending,
  ): Promise<'done' | 'undone' | 'again'> {
    const { clock, replica, subscription, policy } = this.deps;
    const { message } = pending;
    const now = clock.now();
    const letter = readMessage(message, subscription, now, randomUUID());
    if ('problem' in letter)
      return this.setAside(message, letter.problem, letter.isFault);
    pending.begun ??= now;
    const { outcome, status } = await this.deliver(letter, message);
    if (outcome === 'SUCCESS') return 'done';
    if (outcome === 'DROP')
      return this.setAside(message, 'was dropped by its handler', false);
    // The process was on its way out: whether the message was handled is open, so it comes again.
    if (replica.leaving.aborted) return 'undone';
    pending.failures += 1;
    const delay = retryDelay(policy.retry, {
      failures: pending.failures,
      elapsed: clock.now() - pending.begun,
      status,
    });
    if (delay === undefined)
      return this.setAside(message, 'failed in its handler', true);
    pending.notBefore = clock.now() + delay;
    return 'again';
  }

  private async deliver(letter: Letter, message: Message): Promise<Delivery> {
    const { clock, transcript, replica, policy } = this.deps;
    const at = clock.now();
    const { path, headers, body, eventId } = letter;
    const request: AppRequest = { verb: 'POST', path, headers, body };
    const delivery = await inTime(clock, policy.timeout, (signal) =>
      replica.request(signal ? { ...request, signal } : request),
    ).then(
      (answer): Delivery => ({
        outcome: readTopicAnswer(answer.status, answer.body.toString()),
        status: answer.status > 299 ? answer.status : undefined,
      }),
      (): Delivery => ({ outcome: 'RETRY', status: undefined }),
    );
    transcript.add({
      kind: 'topic',
      at,
      appId: replica.appId,
      name: message.topic,
      outcome: delivery.outcome,
      ...(eventId !== undefined && { eventId }),
    });
    return delivery;
  }

  private setAside(
    message: Message,
    problem: string,
    isFault: boolean,
  ): 'done' {
    setAside(this.deps, message, problem, isFault);
    return 'done';
  }
}
