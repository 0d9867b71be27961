import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessOptions {
  /** Of its log `<name>.log` and of its `<name>.pid`, both in `folder`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** The whole environment of the process but for PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Asks the process itself. */
  readonly isUp: () => Promise<boolean>;
}

export interface RunningProcess {
  readonly pid: number;
  readonly log: string;
  /** Resolves with the exit code; null when it was killed. */
  readonly exited: Promise<number | null>;
  /** Asks it to end, and makes it after 10 s. */
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

const START_LIMIT = 30_000;
const STOP_LIMIT = 10_000;

/** Starts a program and resolves once it is up; rejects with the end of its log when it exits first. */
export async function startProcess(
  options: ProcessOptions,
): Promise<RunningProcess> {
  const { name, command, args, folder, env } = options;
  const log = join(folder, `${name}.log`);
  const pidFile = join(folder, `${name}.pid`);
  const output = openSync(log, 'a');
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  closeSync(output);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      rmSync(pidFile, { force: true });
      resolve(code);
    });
  });
  exited.catch(() => undefined);
  if (child.pid) {
    writeFileSync(pidFile, String(child.pid));
    const watchdog = watch(child.pid, folder);
    void exited.finally(() => watchdog.kill('SIGKILL')).catch(() => undefined);
  }

  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
    await exited.finally(() => clearTimeout(patience));
  };
  let ended = false;
  void exited.finally(() => (ended = true)).catch(() => undefined);
  const failure = (what: string): Error =>
    new Error(`${name} ${what}. The end of its log:\n${tail(log)}`);
  for (const deadline = Date.now() + START_LIMIT; ; await delay(20)) {
    if (ended) throw failure(`exited with ${await exited} while starting`);
    if (await options.isUp()) break;
    if (Date.now() < deadline) continue;
    await kill();
    throw failure(`did not come up in ${START_LIMIT / 1000} s`);
  }
  return { pid: child.pid as number, log, exited, stop, kill };
}

/**
 * A shell that outlives this process by a moment: it reads from a pipe that ends with this process, however that ends,
 * and then kills the program. Jest passes no `exit` event on to specs.
 */
function watch(pid: number, folder: string): ChildProcess {
  const script =
    'trap "" INT TERM; read -r _; kill -KILL "$1"; [ -z "$2" ] || rm -rf "$2"';
  const scratch = process.env.DAPR_SPEC_SCRATCH ? '' : folder;
  const shell = spawn('sh', ['-c', script, 'sh', String(pid), scratch], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  return shell;
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
}
