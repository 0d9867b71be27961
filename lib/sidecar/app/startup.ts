import type { AppConfig } from '../../protocol/app-config.js';
import { sleep, systemClock, type Clock } from '../../protocol/clock.js';
import { Headers } from '../../protocol/headers.js';
import type { SubscriptionEntry } from '../../protocol/subscription.js';
import type { Transcript, TranscriptKind } from '../transcript.js';
import type { AppAnswer, AppRequest } from './channel.js';
import type { Replica } from './replica.js';
import { readSubscribeAnswer } from './subscribe-answer.js';

export interface StartupDependencies {
  readonly clock: Clock;
  readonly transcript: Transcript;
  readonly warn: (line: string) => void;
}

const NO_ACTORS: AppConfig = { entities: [] };

/** GET /dapr/config. Only a 200 with a JSON object counts; anything else means no actors. */
export async function askConfig(
  replica: Replica,
  deps: StartupDependencies,
): Promise<AppConfig> {
  const answer = await ask(replica, deps, 'config', '/dapr/config');
  if (answer?.status !== 200) return NO_ACTORS;
  try {
    const config = JSON.parse(answer.body.toString()) as Partial<AppConfig>;
    return { ...config, entities: config?.entities ?? [] };
  } catch {
    deps.warn(
      `Application "${replica.appId}" answered GET /dapr/config with something that is no JSON: no actors are hosted.`,
    );
    return NO_ACTORS;
  }
}

// daprd's own: exponential from 500 ms, not above 1 s, three times. Real time, since the application is real.
const PAUSES = [500, 750, 1000];

/** GET /dapr/subscribe; undefined when the application gave no list that can be read. */
export async function askSubscriptions(
  replica: Replica,
  deps: StartupDependencies,
): Promise<SubscriptionEntry[] | undefined> {
  let answer = await ask(replica, deps, 'subscribe', '/dapr/subscribe');
  for (const pause of PAUSES) {
    if (answer) break;
    await sleep(systemClock, pause, replica.leaving);
    answer = await ask(replica, deps, 'subscribe', '/dapr/subscribe');
  }
  if (answer?.status === 404) return [];
  if (answer?.status !== 200) {
    deps.warn(
      `Application "${replica.appId}" answered GET /dapr/subscribe with ${answer?.status ?? 'nothing'}: it subscribes to nothing.`,
    );
    return undefined;
  }
  try {
    return readSubscribeAnswer(answer.body);
  } catch (error) {
    deps.warn(
      `Application "${replica.appId}" subscribes to nothing, since its answer to GET /dapr/subscribe can't be read: ${(error as Error).message}`,
    );
    return undefined;
  }
}

async function ask(
  replica: Replica,
  deps: StartupDependencies,
  kind: TranscriptKind,
  path: string,
): Promise<AppAnswer | undefined> {
  const headers = {
    'content-type': 'application/json',
    [Headers.appId]: replica.appId,
  };
  return answerOf(replica, deps, kind, path, { verb: 'GET', path, headers });
}

/** Calls the application and writes it down; undefined when there was no answer. */
export async function answerOf(
  replica: Replica,
  { clock, transcript }: Pick<StartupDependencies, 'clock' | 'transcript'>,
  kind: TranscriptKind,
  name: string,
  request: AppRequest,
): Promise<AppAnswer | undefined> {
  const at = clock.now();
  const answer = await replica.request(request).catch(() => undefined);
  transcript.add({
    kind,
    at,
    appId: replica.appId,
    name,
    outcome: answer ? String(answer.status) : 'error',
  });
  return answer;
}
