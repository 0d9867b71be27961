import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { sleep, systemClock } from '../../../lib/protocol/clock.js';

const DAY = 86_400_000;

describe("the machine's clock", () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('tells the time', () => {
    expect(systemClock.now()).toBe(1000);
  });

  it('calls once, after the delay', () => {
    const call = jest.fn();
    systemClock.schedule(500, call);
    jest.advanceTimersByTime(499);
    expect(call).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    jest.advanceTimersByTime(DAY);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('never calls at once, even for a moment in the past', () => {
    const call = jest.fn();
    systemClock.schedule(-5, call);
    expect(call).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('waits longer than a timer of Node can', () => {
    const call = jest.fn();
    systemClock.schedule(60 * DAY, call);
    jest.advanceTimersByTime(60 * DAY - 1);
    expect(call).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it('can be called off, also in the midst of a long wait', () => {
    const call = jest.fn();
    const scheduled = systemClock.schedule(60 * DAY, call);
    jest.advanceTimersByTime(40 * DAY);
    scheduled.cancel();
    jest.advanceTimersByTime(60 * DAY);
    expect(call).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('lets a call sleep', async () => {
    const slept = sleep(systemClock, 500);
    jest.advanceTimersByTime(500);
    await expect(slept).resolves.toBeUndefined();
  });

  it('ends a sleep with the reason of its signal', async () => {
    const controller = new AbortController();
    const slept = sleep(systemClock, 500, controller.signal);
    const reason = new Error('stopped');
    controller.abort(reason);
    await expect(slept).rejects.toBe(reason);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not begin a sleep that is over', async () => {
    const reason = new Error('stopped');
    await expect(
      sleep(systemClock, 500, AbortSignal.abort(reason)),
    ).rejects.toBe(reason);
    expect(jest.getTimerCount()).toBe(0);
  });
});
