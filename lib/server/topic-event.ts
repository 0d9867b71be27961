import { PubSubContext, type PubSubCall } from '../contexts/pub-sub.context.js';
import type { TopicEventStatus } from '../protocol/topic-status.js';
import type { Dispatcher } from './dispatcher.js';
import { describeTopic, type TopicHandler } from './topic-routes.js';

/**
 * Takes one message through its handler.
 * @param handler undefined where no rule of the topic matched
 * @param id what the log calls the message
 */
export async function handleTopicEvent(
  dispatcher: Dispatcher,
  handler: TopicHandler | undefined,
  call: PubSubCall,
  id = call.event.id,
): Promise<TopicEventStatus> {
  if (!handler) {
    dispatcher.warn(
      `Message ${id} of ${describeTopic(call)} matched no rule and the topic has no handler without one; dropped.`,
    );
    return 'DROP';
  }
  const { status } = await dispatcher.dispatchEvent(
    handler,
    call.event.data,
    new PubSubContext(call),
    () => `message ${id} of ${describeTopic(call)}`,
  );
  return status;
}
