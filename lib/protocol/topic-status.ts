/**
 * What an application answers for a delivered message.
 * @see https://docs.dapr.io/reference/api/pubsub_api/#expected-http-response
 */
export const TopicEventStatus = {
  /** Handled; the broker forgets the message. */
  SUCCESS: 'SUCCESS',
  /** Failed; retried by the component's inbound resiliency policy, if any, else dead letter topic or lost. */
  RETRY: 'RETRY',
  /** Refused; goes to the dead letter topic, if any. */
  DROP: 'DROP',
} as const;

export type TopicEventStatus =
  (typeof TopicEventStatus)[keyof typeof TopicEventStatus];

export function isTopicEventStatus(value: unknown): value is TopicEventStatus {
  return value === 'SUCCESS' || value === 'RETRY' || value === 'DROP';
}

/** Reads an HTTP answer to a delivery as daprd does (pkg/runtime/subscription/postman/http/http.go). */
export function readTopicAnswer(
  httpStatus: number,
  body: string,
): TopicEventStatus {
  if (httpStatus === 404) return 'DROP';
  if (httpStatus < 200 || httpStatus > 299) return 'RETRY';
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return 'SUCCESS';
  }
  const status: unknown =
    typeof answer === 'object' && answer !== null && 'status' in answer
      ? answer.status
      : undefined;
  if (typeof status !== 'string' || status === '') return 'SUCCESS';
  return isTopicEventStatus(status) ? status : 'RETRY';
}
