import type { Replica } from '../app/replica.js';
import type { Subscription } from './subscription.js';
import type { Message } from './topic-message.js';

export interface SetAsideDependencies {
  readonly warn: (line: string) => void;
  readonly replica: Replica;
  readonly subscription: Subscription;
  /** Publishes to the dead letter topic; throws when the application may not. */
  readonly deadLetter: (topic: string, message: Message) => void;
}

/**
 * A message goes to the dead letter topic, where there is one; else a broker in memory has nothing left to do with it.
 * `isFault`: the application does not know of it.
 */
export function setAside(
  { warn, replica, subscription, deadLetter }: SetAsideDependencies,
  message: Message,
  problem: string,
  isFault: boolean,
): void {
  const { deadLetterTopic, pubsubname } = subscription;
  const what = `A message of topic "${message.topic}" on "${pubsubname}" ${problem}`;
  if (deadLetterTopic !== undefined) {
    try {
      deadLetter(deadLetterTopic, message);
    } catch (error) {
      warn(`${what}, and is lost: ${(error as Error).message}.`);
    }
  } else if (isFault)
    warn(
      `${what}, and is lost: no retry is left, and the subscription of "${replica.appId}" has no dead letter topic.`,
    );
}
