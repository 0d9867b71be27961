import { DaprBadRequestError } from './dapr-bad-request.error.js';
import { DaprNotFoundError } from './dapr-not-found.error.js';
import type { FailedAnswer } from './error-of-answer.js';

/** What a failure means, and what to do about it. */
export interface Meaning {
  readonly errorClass: typeof DaprBadRequestError | typeof DaprNotFoundError;
  readonly advice: string;
}

/**
 * daprd answers nearly everything that can be wrong with a call of the crypto API alike, with status 500: what it is
 * shows in the text only (dapr/kit schemes/enc/v1, components-contrib crypto/local_base_component.go).
 */
export function cryptoFailure({
  operation,
  message = '',
}: FailedAnswer): Meaning | undefined {
  if (!operation.startsWith('crypto.')) return undefined;
  return MEANINGS.find(([text]) => text.test(message))?.[1];
}

const bad = (advice: string): Meaning => ({
  errorClass: DaprBadRequestError,
  advice,
});

const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [
    /: key not found$|: no such file or directory$/,
    {
      errorClass: DaprNotFoundError,
      advice: 'Check the name of the key, and that the component has it.',
    },
  ],
  [/option (?:Algorithm|Cipher) is not valid/, bad('')],
  [
    /unsupported algorithm|key type mismatch|key cannot be used/,
    bad('Take a key that is made for this algorithm, or another algorithm.'),
  ],
  [/key cannot perform/, bad('The key is meant for other uses.')],
  [/invalid header: /, bad('The data is no document that Dapr encrypted.')],
  [/does not contain a key name/, bad('Say with keyName which key it is.')],
  [
    /failed to validate the document's signature/,
    bad(
      'The key is not there, or not the one that the document was encrypted for, or the document was changed.',
    ),
  ],
  [
    /failed to decrypt segment/,
    bad('The document was changed, or a part of it is missing.'),
  ],
  [
    /stream too large/,
    bad("Use a stream, for which the sidecar's --max-body-size is no limit."),
  ],
];
