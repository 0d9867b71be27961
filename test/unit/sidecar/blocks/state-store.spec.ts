import { describe, expect, it } from '@jest/globals';
import {
  EtagMismatch,
  StateStore,
  type StateDelete,
  type StateSet,
} from '../../../../lib/sidecar/blocks/state-store.js';
import { VirtualClock } from '../../../../lib/sidecar/virtual-clock.js';

const set = (
  key: string,
  value = '1',
  rest: Partial<StateSet> = {},
): StateSet => ({
  kind: 'set',
  key,
  value,
  metadata: {},
  options: {},
  ...rest,
});
const remove = (key: string, etag?: string): StateDelete => ({
  kind: 'delete',
  key,
  options: {},
  ...(etag !== undefined && { etag }),
});

describe('a state store in memory', () => {
  it('gives each write a new etag', () => {
    const store = new StateStore(new VirtualClock());
    store.write([set('k')]);
    const first = store.get('k')?.etag;
    store.write([set('k')]);
    expect(store.get('k')?.etag).not.toBe(first);
  });

  it('applies all writes of a transaction or none', () => {
    const store = new StateStore(new VirtualClock());
    store.write([set('old')]);
    expect(() =>
      store.write([set('new'), remove('old'), set('old', '2', { etag: 'x' })]),
    ).toThrow(EtagMismatch);
    expect(store.get('new')).toBeUndefined();
    expect(`${store.get('old')?.value}`).toBe('1');
  });

  it('holds etags of a transaction against the state before it', () => {
    const store = new StateStore(new VirtualClock());
    store.write([set('k')]);
    const etag = store.get('k')?.etag ?? '';
    store.write([remove('k', etag), set('k', '2', { etag })]);
    expect(`${store.get('k')?.value}`).toBe('2');
  });

  it('forgets a value when its time is over by the clock', async () => {
    const clock = new VirtualClock();
    const store = new StateStore(clock);
    store.write([set('k', '1', { metadata: { ttlInSeconds: '10' } })]);
    await clock.advance('10s');
    expect(`${store.get('k')?.value}`).toBe('1');
    await clock.advance('1ms');
    expect(store.get('k')).toBeUndefined();
    const first = { options: { concurrency: 'first-write' } };
    expect(() => store.write([set('k', '2', first)])).not.toThrow();
  });

  it('lists only what is still there', async () => {
    const clock = new VirtualClock();
    const store = new StateStore(clock);
    store.write([set('a', '1', { metadata: { ttlInSeconds: '1' } }), set('b')]);
    await clock.advance('2s');
    expect([...store.entries()].map(([key]) => key)).toEqual(['b']);
  });

  it.each([
    ['abc', 'strconv.Atoi: parsing "abc": invalid syntax'],
    ['1.5', 'strconv.Atoi: parsing "1.5": invalid syntax'],
    [
      '99999999999999999999',
      'strconv.Atoi: parsing "99999999999999999999": value out of range',
    ],
  ])('refuses a ttlInSeconds of %s', (ttlInSeconds, message) => {
    const store = new StateStore(new VirtualClock());
    expect(() =>
      store.write([set('k', '1', { metadata: { ttlInSeconds } })]),
    ).toThrow(message);
  });
});
