import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { startProcess, type RunningProcess } from './running-process.js';

/** What daprd needs around it on one machine: placement and scheduler for actors, names to find other apps. */
export interface ControlPlane {
  readonly placement: string;
  readonly scheduler: string;
  /** A SQLite file: the default of Dapr, multicast DNS, is closed in many containers. */
  readonly names: string;
  stop(): Promise<void>;
}

/** The folder of Dapr's binaries; the Jest configuration for real Dapr names it. */
export function daprBinary(name: 'daprd' | 'placement' | 'scheduler'): string {
  const folder = process.env.DAPR_SPEC_BINARIES;
  if (!folder) throw new Error('Real Dapr runs only in `npm run test:dapr`.');
  return join(folder, name);
}

/** A folder of our own; `npm run test:dapr` keeps its logs when a spec fails. */
export function scratchFolder(name: string): Promise<string> {
  const root = process.env.DAPR_SPEC_SCRATCH ?? tmpdir();
  return mkdtemp(join(root, `nestjs-dapr-${name}-`));
}

/** Removes a scratch folder, all but its logs where `npm run test:dapr` may still want to show them. */
export async function removeScratch(folder: string): Promise<void> {
  if (!process.env.DAPR_SPEC_SCRATCH) return removeAll(folder);
  const names = await readdir(folder);
  const data = names.filter((name) => !name.endsWith('.log'));
  await Promise.all(data.map((name) => removeAll(join(folder, name))));
}

function removeAll(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

/** True when a GET of `url` is answered 2xx. */
export function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (answer) => {
      const status = answer.statusCode ?? 0;
      answer
        .resume()
        .once('close', () => resolve(status >= 200 && status < 300));
    });
    request.once('error', () => resolve(false));
  });
}

export async function startControlPlane(): Promise<ControlPlane> {
  const folder = await scratchFolder('control-plane');
  const started = await Promise.allSettled([
    startPlacement(folder),
    startScheduler(folder),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all(
      started.map((one) =>
        one.status === 'fulfilled' ? one.value.process.stop() : undefined,
      ),
    );
    await removeScratch(folder);
  };
  const [placement, scheduler] = started;
  if (placement.status === 'fulfilled' && scheduler.status === 'fulfilled')
    return {
      placement: placement.value.address,
      scheduler: scheduler.value.address,
      names: join(folder, 'names.db'),
      stop,
    };
  await stop();
  throw started.find((one) => one.status === 'rejected')?.reason;
}

interface Service {
  readonly address: string;
  readonly process: RunningProcess;
}

async function startPlacement(folder: string): Promise<Service> {
  const [port, health, raft] = await freePorts(3);
  const process = await startProcess({
    name: 'placement',
    command: daprBinary('placement'),
    args: [
      '--listen-address=127.0.0.1',
      `--port=${port}`,
      `--healthz-port=${health}`,
      `--initial-cluster=dapr-placement-0=127.0.0.1:${raft}`,
      '--enable-metrics=false',
    ],
    folder,
    isUp: () => answers(`http://127.0.0.1:${health}/healthz`),
  });
  return { address: `127.0.0.1:${port}`, process };
}

async function startScheduler(folder: string): Promise<Service> {
  const [port, health, client, peer] = await freePorts(4);
  const process = await startProcess({
    name: 'scheduler',
    command: daprBinary('scheduler'),
    args: [
      '--listen-address=127.0.0.1',
      `--port=${port}`,
      `--override-broadcast-host-port=127.0.0.1:${port}`,
      `--healthz-port=${health}`,
      `--etcd-data-dir=${join(folder, 'etcd')}`,
      `--etcd-client-port=${client}`,
      `--etcd-initial-cluster=dapr-scheduler-server-0=http://127.0.0.1:${peer}`,
      '--enable-metrics=false',
    ],
    folder,
    isUp: () => answers(`http://127.0.0.1:${health}/healthz`),
  });
  return { address: `127.0.0.1:${port}`, process };
}

async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}
