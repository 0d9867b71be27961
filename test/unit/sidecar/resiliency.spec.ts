import { describe, expect, it } from '@jest/globals';
import { DaprConfigurationError } from '../../../lib/errors/dapr-configuration.error.js';
import { Resiliency } from '../../../lib/sidecar/resiliency.js';
import { Fields } from '../../../lib/sidecar/resources/fields.js';
import { readResiliency } from '../../../lib/sidecar/resources/resiliency-spec.js';

const BUS = { name: 'bus', type: 'pubsub.in-memory' };
const TICK = { name: 'tick', type: 'bindings.cron' };

function spec(name: string, body: object, scopes: string[] = []) {
  return readResiliency({
    file: 'r.yaml',
    kind: 'Resiliency',
    version: 'v1alpha1',
    name,
    scopes,
    fields: new Fields('r.yaml', '', { spec: body }),
  });
}

describe('resiliency', () => {
  it('is none without policies', () => {
    const none = new Resiliency([]);
    expect(none.inbound('shop', BUS)).toEqual({});
    expect(none.app('shop', 'mail')).toEqual({});
  });

  it('gives each target the policies that it names', () => {
    const resiliency = new Resiliency([
      spec('r', {
        policies: {
          timeouts: { short: '1s', bare: '250' },
          retries: { twice: { duration: '1m30s', maxRetries: 2 }, plain: {} },
        },
        targets: {
          apps: { mail: { timeout: 'short', retry: 'twice' } },
          actors: { Cart: { timeout: 'bare' } },
          components: {
            bus: { inbound: { retry: 'twice' }, outbound: { retry: 'plain' } },
          },
        },
      }),
    ]);
    const twice = {
      policy: 'constant',
      duration: 90_000,
      maxInterval: 60_000,
      maxRetries: 2,
      statuses: undefined,
    };
    expect(resiliency.app('shop', 'mail')).toEqual({
      timeout: 1000,
      retry: twice,
    });
    expect(resiliency.actor('shop', 'Cart')).toEqual({ timeout: 250 });
    expect(resiliency.inbound('shop', BUS)).toEqual({ retry: twice });
    expect(resiliency.outbound('shop', BUS)).toEqual({
      retry: { ...twice, duration: 5000, maxRetries: -1 },
    });
    expect(resiliency.app('shop', 'other')).toEqual({});
  });

  it('falls back to the policies with names of defaults, the closest first', () => {
    const timeouts = (names: object) =>
      new Resiliency([spec('r', { policies: { timeouts: names } })]);
    const all = {
      DefaultTimeoutPolicy: '1s',
      DefaultComponentTimeoutPolicy: '2s',
      DefaultComponentInboundTimeoutPolicy: '3s',
      DefaultPubsubComponentInboundTimeoutPolicy: '4s',
      DefaultAppTimeoutPolicy: '5s',
      DefaultActorTimeoutPolicy: '6s',
    };
    const resiliency = timeouts(all);
    expect(resiliency.inbound('shop', BUS)).toEqual({ timeout: 4000 });
    expect(resiliency.inbound('shop', TICK)).toEqual({ timeout: 3000 });
    expect(resiliency.outbound('shop', BUS)).toEqual({ timeout: 2000 });
    expect(resiliency.app('shop', 'mail')).toEqual({ timeout: 5000 });
    expect(resiliency.actor('shop', 'Cart')).toEqual({ timeout: 6000 });
    const general = timeouts({ DefaultTimeoutPolicy: '1s' });
    expect(general.actor('shop', 'Cart')).toEqual({ timeout: 1000 });
  });

  it('has no defaults for a target that is named', () => {
    const resiliency = new Resiliency([
      spec('r', {
        policies: {
          timeouts: { DefaultTimeoutPolicy: '1s', short: '10ms' },
          retries: { DefaultRetryPolicy: {} },
        },
        targets: { components: { bus: { outbound: { timeout: 'short' } } } },
      }),
    ]);
    expect(resiliency.inbound('shop', BUS)).toEqual({});
    expect(resiliency.outbound('shop', BUS)).toEqual({ timeout: 10 });
    expect(resiliency.inbound('shop', TICK)).toMatchObject({ timeout: 1000 });
  });

  it('is for the applications in its scopes, and later files override earlier ones', () => {
    const policies = (short: string) => ({
      policies: { timeouts: { short } },
      targets: { apps: { mail: { timeout: 'short' } } },
    });
    const resiliency = new Resiliency([
      spec('all', policies('1s')),
      spec('some', policies('2s'), ['shop']),
    ]);
    expect(resiliency.app('other', 'mail')).toEqual({ timeout: 1000 });
    expect(resiliency.app('shop', 'mail')).toEqual({ timeout: 2000 });
    expect(resiliency.namesOf('shop')).toEqual(['all', 'some']);
    expect(resiliency.namesOf('other')).toEqual(['all']);
  });

  it('reads which statuses are worth a retry', () => {
    const resiliency = new Resiliency([
      spec('r', {
        policies: {
          retries: {
            DefaultRetryPolicy: {
              matching: { httpStatusCodes: '429,501-503' },
            },
          },
        },
      }),
    ]);
    expect(resiliency.app('shop', 'mail').retry?.statuses).toEqual([
      [429, 429],
      [501, 503],
    ]);
  });

  it('refuses a target whose policy does not exist, in words', () => {
    const broken = () =>
      new Resiliency([
        spec('r', { targets: { apps: { mail: { retry: 'nope' } } } }),
      ]);
    expect(broken).toThrow(DaprConfigurationError);
    expect(broken).toThrow(
      'Resiliency "r": target "mail" names the retry policy "nope", which is not defined. Define it under spec.policies.retries.',
    );
  });
});
