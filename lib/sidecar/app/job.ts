import type { Clock } from '../../protocol/clock.js';
import { forwardPath } from '../blocks/forward-path.js';
import type { Transcript } from '../transcript.js';
import type { Replica } from './replica.js';
import { answerOf } from './startup.js';

/** What a job carries: JSON, or the bytes of another type of protobuf's. */
export type JobData =
  /** Undefined: a google.protobuf.Value in which nothing is set, which daprd can't hand to an app over HTTP. */
  | { readonly json: string | undefined }
  | { readonly typeUrl: string; readonly value: Buffer };

/**
 * POST /job/<name>: the status of the answer; undefined when there was none, or the job could not be sent.
 * @see https://docs.dapr.io/reference/api/jobs_api/#delivering-jobs
 */
export async function deliverJob(
  replica: Replica,
  deps: { readonly clock: Clock; readonly transcript: Transcript },
  name: string,
  data: JobData | undefined,
): Promise<number | undefined> {
  const body = data === undefined ? '' : bodyOf(data);
  const path = pathOf(name);
  if (body === undefined || path === undefined) return undefined;
  const answer = await answerOf(replica, deps, 'job', name, {
    verb: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body,
  });
  return answer?.status;
}

/** Bytes of other types go without white space around them (daprd pkg/channel/http, constructJobRequest). */
function bodyOf(data: JobData): string | Buffer | undefined {
  if ('json' in data) return data.json;
  const isSpace = (byte: number | undefined): boolean =>
    byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
  const { value } = data;
  let [start, end] = [0, value.length];
  while (start < end && isSpace(value[start])) start += 1;
  while (end > start && isSpace(value[end - 1])) end -= 1;
  return value.subarray(start, end);
}

function pathOf(name: string): string | undefined {
  try {
    return forwardPath(`job/${name}`);
  } catch {
    // A % that begins no escape.
    return undefined;
  }
}
