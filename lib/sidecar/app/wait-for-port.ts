import { connect } from 'node:net';
import { sleep, systemClock } from '../../protocol/clock.js';

// As daprd: pkg/runtime/runtime.go, blockUntilAppIsReady. Real time, since the application is real.
const PAUSE = 100;

/** Resolves when something listens on the port; rejects with the signal's reason when that comes first. */
export async function waitForPort(
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  while (!(await accepts(host, port))) await sleep(systemClock, PAUSE, signal);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
