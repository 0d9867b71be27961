import { parseGoDuration } from '../../protocol/go-duration.js';
import type { Fields } from './fields.js';
import type { Manifest } from './manifests.js';

/** A range of HTTP statuses, both ends included. */
export type StatusRange = readonly [from: number, to: number];

export interface RetrySpec {
  readonly policy: 'constant' | 'exponential';
  /** Milliseconds between constant retries. */
  readonly duration: number;
  /** Milliseconds that exponential retries are never further apart than. */
  readonly maxInterval: number;
  /** -1: endless. */
  readonly maxRetries: number;
  /** Statuses worth a retry; undefined: all. */
  readonly statuses: readonly StatusRange[] | undefined;
}

/** Names of policies. */
export interface PolicyNames {
  readonly timeout?: string;
  readonly retry?: string;
}

export interface ResiliencySpec {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Milliseconds by name. */
  readonly timeouts: ReadonlyMap<string, number>;
  readonly retries: ReadonlyMap<string, RetrySpec>;
  readonly circuitBreakers: readonly string[];
  readonly apps: ReadonlyMap<string, PolicyNames>;
  readonly actors: ReadonlyMap<string, PolicyNames>;
  readonly inbound: ReadonlyMap<string, PolicyNames>;
  readonly outbound: ReadonlyMap<string, PolicyNames>;
}

/** @see https://docs.dapr.io/operations/resiliency/resiliency-overview/ */
export function readResiliency(manifest: Manifest): ResiliencySpec {
  const spec = manifest.fields.fields('spec');
  const policies = spec.fields('policies');
  const targets = spec.fields('targets');
  return {
    name: manifest.name,
    scopes: manifest.scopes,
    timeouts: readTimeouts(policies),
    retries: new Map(
      policies
        .named('retries')
        .map(([name, fields]) => [name, readRetry(fields)]),
    ),
    circuitBreakers: policies.named('circuitBreakers').map(([name]) => name),
    apps: readTargets(targets, 'apps'),
    actors: readTargets(targets, 'actors'),
    inbound: readTargets(targets, 'components', 'inbound'),
    outbound: readTargets(targets, 'components', 'outbound'),
  };
}

function readTimeouts(policies: Fields): Map<string, number> {
  const timeouts = policies.fields('timeouts');
  const names = Object.keys(policies.textMap('timeouts') ?? {});
  return new Map(names.map((name) => [name, duration(timeouts, name, 0)]));
}

function readRetry(fields: Fields): RetrySpec {
  const policy = fields.text('policy')?.toLowerCase() ?? 'constant';
  if (policy !== 'constant' && policy !== 'exponential')
    fields.fail('policy', 'must be constant or exponential');
  return {
    policy,
    duration: duration(fields, 'duration', 5000),
    maxInterval: duration(fields, 'maxInterval', 60_000),
    maxRetries: fields.integer('maxRetries') ?? -1,
    statuses: readStatuses(fields.fields('matching')),
  };
}

function readStatuses(matching: Fields): StatusRange[] | undefined {
  const text = matching.text('httpStatusCodes');
  if (!text) return undefined;
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [from, to = from, ...rest] = part.split('-').map(Number);
      if (!isStatus(from) || !isStatus(to) || to < from || rest.length > 0)
        matching.fail(
          'httpStatusCodes',
          `"${part}" is no status or range of statuses such as 429 or 500-599`,
        );
      return [from, to];
    });
}

function isStatus(value: number | undefined): value is number {
  return Number.isInteger(value) && value! >= 100 && value! <= 599;
}

/** A Go duration; a bare number is milliseconds. */
function duration(fields: Fields, key: string, fallback: number): number {
  const text = fields.text(key);
  if (text === undefined) return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : parseGoDuration(text);
  if (value === undefined || value < 0)
    fields.fail(key, `"${text}" is no duration such as 5s or 1m30s`);
  return value;
}

function readTargets(
  targets: Fields,
  kind: 'apps' | 'actors' | 'components',
  direction?: 'inbound' | 'outbound',
): Map<string, PolicyNames> {
  return new Map(
    targets.named(kind).map(([name, fields]) => {
      const names = direction ? fields.fields(direction) : fields;
      const timeout = names.text('timeout');
      const retry = names.text('retry');
      return [name, { ...(timeout && { timeout }), ...(retry && { retry }) }];
    }),
  );
}
