import { execFileSync } from 'node:child_process';

/** Keeps a process on one core, so that load and contender don't share one. Linux only; elsewhere nothing is pinned. */
export function pin(pid: number, core: number): void {
  if (process.platform !== 'linux') return;
  execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], {
    stdio: 'ignore',
  });
}
