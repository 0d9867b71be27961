import type { FailurePolicyReading } from '../../protocol/failure-policy.js';
import { toProtoDuration } from '../../protocol/proto-duration.js';
import type { JobFailurePolicy } from '../../protocol/proto/generated/common.js';

export function wirePolicy(policy: FailurePolicyReading): JobFailurePolicy {
  if ('drop' in policy) return { policy: { $case: 'drop', value: {} } };
  const { interval, maxRetries } = policy.constant;
  return {
    policy: {
      $case: 'constant',
      value: { interval: toProtoDuration(interval), maxRetries },
    },
  };
}
