import { describe, expect, it } from '@jest/globals';
import type { AppConfig } from '../../../../lib/protocol/app-config.js';
import { readActorSettings } from '../../../../lib/sidecar/blocks/actor-settings.js';

function read(config: Partial<AppConfig>) {
  const warnings: string[] = [];
  const types = readActorSettings(config, (line) => warnings.push(line));
  return { types, warnings };
}
const DEFAULTS = {
  idleTimeout: 3_600_000,
  drainTimeout: 2000,
  maxStackDepth: undefined,
};

describe('the actor settings of an app', () => {
  it('are Dapr’s where the app says nothing', () => {
    const { types } = read({ entities: ['Cart'] });
    expect(types).toEqual(new Map([['Cart', DEFAULTS]]));
    expect(read({}).types.size).toBe(0);
  });

  it('hold for all types, but for those with an entry of their own', () => {
    const { types, warnings } = read({
      entities: ['Cart', 'Order'],
      actorIdleTimeout: '10m',
      drainOngoingCallTimeout: '5s',
      reentrancy: { enabled: true },
      entitiesConfig: [{ entities: ['Order'], actorIdleTimeout: '1m30s' }],
    });
    expect(types.get('Cart')).toEqual({
      idleTimeout: 600_000,
      drainTimeout: 5000,
      maxStackDepth: 32,
    });
    expect(types.get('Order')).toEqual({
      idleTimeout: 90_000,
      drainTimeout: 5000,
      maxStackDepth: undefined,
    });
    expect(warnings).toEqual([]);
  });

  it('let no drain take longer than Dapr waits for it', () => {
    const drain = (drainOngoingCallTimeout: string) =>
      read({ entities: ['Cart'], drainOngoingCallTimeout }).types.get('Cart')
        ?.drainTimeout;
    expect([drain('29s'), drain('30s'), drain('1h')]).toEqual([
      29_000, 24_000, 24_000,
    ]);
  });

  it('need no drain where it is turned off, which an entry of a type does not change', () => {
    const { types } = read({
      entities: ['Cart', 'Order'],
      drainRebalancedActors: false,
      entitiesConfig: [{ entities: ['Order'], drainRebalancedActors: true }],
    });
    expect(types.get('Cart')?.drainTimeout).toBe(0);
    expect(types.get('Order')?.drainTimeout).toBe(0);
  });

  it('of a bad duration at the top are refused', () => {
    expect(() =>
      read({ entities: ['Cart'], actorIdleTimeout: '1d12h' }),
    ).toThrow('actorIdleTimeout "1d12h" is no Go duration');
    expect(() =>
      read({ entities: ['Cart'], drainOngoingCallTimeout: 'PT1S' }),
    ).toThrow('drainOngoingCallTimeout "PT1S" is no Go duration');
  });

  it('of a bad duration of one type fall back with a warning', () => {
    const { types, warnings } = read({
      entities: ['Cart'],
      entitiesConfig: [{ entities: ['Cart'], actorIdleTimeout: 'PT1M' }],
    });
    expect(types.get('Cart')).toEqual(DEFAULTS);
    expect(warnings).toEqual([
      expect.stringContaining('actorIdleTimeout "PT1M" is no Go duration'),
    ]);
  });

  it('of a type that is not hosted are named in a warning', () => {
    const { warnings } = read({
      entities: ['Cart'],
      entitiesConfig: [{ entities: ['Order'], actorIdleTimeout: '1m' }],
    });
    expect(warnings).toEqual([expect.stringContaining('"Order"')]);
  });
});
