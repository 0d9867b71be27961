import { describe, expect, it } from '@jest/globals';
import { ActorInvocationError } from '../../../lib/errors/actor-invocation.error.js';
import { DaprBadRequestError } from '../../../lib/errors/dapr-bad-request.error.js';
import { DaprCancelledError } from '../../../lib/errors/dapr-cancelled.error.js';
import { DaprNotFoundError } from '../../../lib/errors/dapr-not-found.error.js';
import { DaprPermissionError } from '../../../lib/errors/dapr-permission.error.js';
import { DaprTimeoutError } from '../../../lib/errors/dapr-timeout.error.js';
import { DaprError } from '../../../lib/errors/dapr.error.js';
import { errorOfAnswer } from '../../../lib/errors/error-of-answer.js';
import { EtagMismatchError } from '../../../lib/errors/etag-mismatch.error.js';
import { SidecarUnavailableError } from '../../../lib/errors/sidecar-unavailable.error.js';

const operation = 'some.call "name"';

function secretError(words: string): DaprError {
  return errorOfAnswer({
    operation,
    status: 500,
    errorCode: 'ERR_SECRET_GET',
    message: `failed getting secret with key a from secret store b: ${words}`,
  });
}

describe('the error of an answer', () => {
  it.each<[number, string | undefined, string, typeof DaprError]>([
    [409, 'ERR_STATE_SAVE', 'possible etag mismatch', EtagMismatchError],
    [409, 'ERR_STATE_DELETE', 'possible etag mismatch', EtagMismatchError],
    [
      500,
      'ERR_STATE_TRANSACTION',
      'error while executing state transaction: possible etag mismatch.',
      EtagMismatchError,
    ],
    [500, 'ERR_STATE_TRANSACTION', 'ERR user_script:14', DaprError],
    [400, 'ERR_STATE_SAVE', 'invalid etag value', DaprBadRequestError],
    [400, 'ERR_STATE_STORE_NOT_FOUND', 'x', DaprNotFoundError],
    [500, 'ERR_STATE_STORE_NOT_CONFIGURED', 'x', DaprNotFoundError],
    [404, 'ERR_PUBSUB_NOT_FOUND', 'x', DaprNotFoundError],
    [401, 'ERR_SECRET_STORE_NOT_FOUND', 'x', DaprNotFoundError],
    [404, 'ERR_ACTOR_REMINDER_NOT_FOUND', 'x', DaprNotFoundError],
    [404, 'ERR_DIRECT_INVOKE', 'failed getting app id', DaprNotFoundError],
    [
      500,
      'ERR_INVOKE_OUTPUT_BINDING',
      "error invoking output binding nope: couldn't find output binding nope",
      DaprNotFoundError,
    ],
    [
      500,
      'ERR_ACTOR_INVOKE_METHOD',
      "failed to lookup actor: did not find address for actor 'Nope/1'",
      DaprNotFoundError,
    ],
    [401, undefined, 'invalid api token', DaprPermissionError],
    [403, 'ERR_PUBSUB_FORBIDDEN', 'x', DaprPermissionError],
    [403, 'ERR_ACTOR_REMINDER_NON_HOSTED', 'x', DaprPermissionError],
    [400, 'ERR_MALFORMED_REQUEST', 'x', DaprBadRequestError],
    [431, undefined, 'x', DaprBadRequestError],
    [503, 'ERR_ACTOR_RUNTIME_CLOSED', 'x', SidecarUnavailableError],
    [408, 'ERR_STATE_GET', 'context canceled', DaprCancelledError],
    [499, undefined, 'client closed request', DaprCancelledError],
    [504, undefined, 'upstream request timeout', DaprTimeoutError],
    [504, 'ERR_STATE_GET', 'context deadline exceeded', DaprTimeoutError],
    [409, 'ERR_ACTOR_REMINDER_ALREADY_EXISTS', 'x', DaprError],
    [500, 'ERR_PUBSUB_PUBLISH_MESSAGE', 'x', DaprError],
    [500, 'ERR_ACTOR_STACK_DEPTH', 'x', DaprError],
  ])(
    'of status %i with %s (%s) is told by its class [C3]',
    (status, errorCode, message, kind) => {
      const details = [{ reason: 'DAPR_SOME_REASON' }];
      const error = errorOfAnswer({
        operation,
        status,
        message,
        details,
        ...(errorCode !== undefined && { errorCode }),
      });
      expect(error.constructor).toBe(kind);
      expect(error).toMatchObject({
        name: kind.name,
        operation,
        status,
        errorCode,
        details,
      });
      expect(error.message).toContain(`${operation} failed: ${message}`);
    },
  );

  it.each([
    // As components-contrib's local.file, kubernetes, hashicorp.vault, aws, azure.keyvault and gcp say it.
    'secret a:b not found',
    'secrets "a" not found',
    'getSecret a failed secret key or version not exist',
    "couldn't get secret: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 1, ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    "couldn't get secret: operation error SSM: GetParameter, https response error StatusCode: 400, RequestID: 1, ParameterNotFound: ",
    'GET https://v.vault.azure.net/secrets/a/\n----\nRESPONSE 404: 404 Not Found\nERROR CODE: SecretNotFound\n----',
    'failed to access secret version: rpc error: code = NotFound desc = Secret [projects/1/secrets/a] not found or has no versions.',
  ])('of a secret that is not there is told by its text: %s [C3]', (words) => {
    expect(secretError(words)).toBeInstanceOf(DaprNotFoundError);
  });

  it.each([
    'couldn\'t get secret: Get "https://vault:8200/v1/secret/data/a": dial tcp: lookup vault: host not found',
    'couldn\'t get successful response, status code 404, body {"errors":["namespace not found"]}',
    'namespaces "prod" not found',
    'secret a not found in the cache: connection refused',
  ])('of a store that is in trouble is no missing secret: %s [C3]', (words) => {
    expect(secretError(words).constructor).toBe(DaprError);
  });

  it('says what to check', () => {
    const { message } = errorOfAnswer({
      operation: 'pubsub.publish "nope" topic "t"',
      status: 404,
      errorCode: 'ERR_PUBSUB_NOT_FOUND',
      message: 'pubsub nope is not found',
    });
    expect(message).toBe(
      'pubsub.publish "nope" topic "t" failed: pubsub nope is not found (ERR_PUBSUB_NOT_FOUND, status 404). ' +
        "Check the name, that the component is among the sidecar's resources, and that its scopes allow this app.",
    );
  });

  it('does without a message and a code', () => {
    expect(errorOfAnswer({ operation, status: 502 }).message).toBe(
      'some.call "name" failed: the sidecar gives no reason (status 502).',
    );
  });

  it.each<[string, string, typeof DaprError]>([
    [
      'ERR_CRYPTO',
      'failed to wrap the file key: failed to retrieve the key encryption key: key not found',
      DaprNotFoundError,
    ],
    [
      'ERR_CRYPTO',
      "failed to load key 'k': open /keys/k: no such file or directory",
      DaprNotFoundError,
    ],
    [
      'ERR_CRYPTO',
      'option Algorithm is not valid: algorithm FOO is not supported',
      DaprBadRequestError,
    ],
    [
      'ERR_CRYPTO',
      "failed to validate the document's signature",
      DaprBadRequestError,
    ],
    [
      'ERROR',
      'error processing segment 0: failed to decrypt segment',
      DaprBadRequestError,
    ],
    ['ERR_CRYPTO', 'failed to parse key from secret: key is empty', DaprError],
    ['ERR_CRYPTO', 'context canceled', DaprError],
  ])(
    'of the crypto API with %s (%s) is told by its text, since its status is always 500 [C3]',
    (errorCode, message, kind) => {
      const answer = { status: 500, errorCode, message };
      expect(
        errorOfAnswer({ ...answer, operation: 'crypto.decrypt "vault"' })
          .constructor,
      ).toBe(kind);
      expect(errorOfAnswer({ ...answer, operation }).constructor).toBe(
        DaprError,
      );
    },
  );

  it.each([
    ['(500) {"error":"e500"}', 500, { error: 'e500' }],
    ['(503) busy\nnow', 503, 'busy\nnow'],
    ['(204) ', 204, undefined],
  ])(
    "of an actor has the app's answer %j in data only [C6]",
    (answer, status, data) => {
      const error = errorOfAnswer({
        operation,
        status: 500,
        errorCode: 'ERR_ACTOR_INVOKE_METHOD',
        message: `error invoke actor method: error from actor service: ${answer}`,
      });
      expect(error).toBeInstanceOf(ActorInvocationError);
      expect(error).toMatchObject({
        name: 'ActorInvocationError',
        status,
        data,
      });
      expect(error.message).not.toMatch(/e500|busy/);
    },
  );
});
