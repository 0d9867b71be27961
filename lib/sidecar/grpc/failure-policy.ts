import {
  ofProtoDuration,
  toProtoDuration,
} from '../../protocol/proto-duration.js';
import type { JobFailurePolicy as WirePolicy } from '../../protocol/proto/generated/common.js';
import type { JobFailurePolicy } from '../blocks/failure-policy.js';

export function policyOf({ policy }: WirePolicy): JobFailurePolicy | undefined {
  if (!policy) return undefined;
  if (policy.$case === 'drop') return { drop: true };
  const { interval, maxRetries } = policy.value;
  return {
    constant: { interval: interval && ofProtoDuration(interval), maxRetries },
  };
}

export function wirePolicy(policy: JobFailurePolicy): WirePolicy {
  if ('drop' in policy) return { policy: { $case: 'drop', value: {} } };
  const { interval, maxRetries } = policy.constant;
  return {
    policy: {
      $case: 'constant',
      value: {
        interval:
          interval === undefined ? undefined : toProtoDuration(interval),
        maxRetries,
      },
    },
  };
}
