import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  answers,
  daprBinary,
  removeScratch,
  scratchFolder,
  startControlPlane,
  type ControlPlane,
} from './control-plane.js';
import { freePort } from './ports.js';
import { startProcess, type RunningProcess } from './running-process.js';

export interface DaprRunOptions {
  readonly appId: string;
  /** Where the application listens, now or later; null for none. Default: a free port, told in {@link DaprRun.appPort}. */
  readonly appPort?: number | null;
  /** A folder of component, subscription and resiliency files. */
  readonly resourcesPath?: string;
  /** A Configuration file. */
  readonly config?: string;
  /** Environment of daprd, such as DAPR_API_TOKEN and APP_API_TOKEN. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further flags of daprd. */
  readonly args?: readonly string[];
  /** One that several sidecars share. Default: one of its own. */
  readonly controlPlane?: ControlPlane;
}

/** A real sidecar of one application, as `dapr run` makes it. */
export interface DaprRun {
  readonly appId: string;
  readonly appPort: number | undefined;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly url: string;
  readonly controlPlane: ControlPlane;
  /** The file that holds all it printed. */
  readonly log: string;
  /** Resolves when the sidecar has asked the application for everything and serves all its APIs. */
  ready(): Promise<void>;
  /** Ends the sidecar as a crash does; its control plane, and so its reminders, stay. */
  kill(): Promise<void>;
  /** Ends the sidecar as a deployment does; its control plane, and so its reminders, stay. */
  terminate(): Promise<void>;
  /** Starts it again on the same ports after {@link kill} or {@link terminate}. */
  restart(): Promise<void>;
  /** Ends everything that this run started. */
  stop(): Promise<void>;
}

const READY_LIMIT = 30_000;

/**
 * Starts daprd and resolves when its APIs answer, before the application needs to listen: take
 * {@link DaprRun.httpPort} for the application's client, let it listen on {@link DaprRun.appPort}, then await
 * {@link DaprRun.ready}.
 */
export async function daprRun(options: DaprRunOptions): Promise<DaprRun> {
  const { appId } = options;
  const folder = await scratchFolder(appId);
  const controlPlane = options.controlPlane ?? (await startControlPlane());
  const appPort =
    options.appPort === null
      ? undefined
      : (options.appPort ?? (await freePort()));
  const httpPort = await freePort();
  const grpcPort = await freePort();
  const internalPort = await freePort();
  const url = `http://127.0.0.1:${httpPort}`;
  const namesFile = join(folder, 'names.yaml');
  await writeFile(namesFile, nameResolution(controlPlane.names));
  const args = [
    `--app-id=${appId}`,
    ...(appPort === undefined ? [] : [`--app-port=${appPort}`]),
    '--dapr-listen-addresses=127.0.0.1',
    `--dapr-http-port=${httpPort}`,
    `--dapr-grpc-port=${grpcPort}`,
    '--dapr-internal-grpc-listen-address=127.0.0.1',
    `--dapr-internal-grpc-port=${internalPort}`,
    '--enable-metrics=false',
    `--placement-host-address=${controlPlane.placement}`,
    `--scheduler-host-address=${controlPlane.scheduler}`,
    `--config=${namesFile}`,
    ...(options.config === undefined ? [] : [`--config=${options.config}`]),
    ...(options.resourcesPath === undefined
      ? []
      : [`--resources-path=${options.resourcesPath}`]),
    ...(options.args ?? []),
  ];
  const start = (): Promise<RunningProcess> =>
    startProcess({
      name: 'daprd',
      command: daprBinary('daprd'),
      args,
      folder,
      env: { DAPR_HOST_IP: '127.0.0.1', ...options.env },
      isUp: () => answers(`${url}/v1.0/healthz/outbound`),
    });
  const release = async (): Promise<void> => {
    if (!options.controlPlane) await controlPlane.stop();
    await removeScratch(folder);
  };
  let daprd = await start().catch(async (error: unknown) => {
    await release();
    throw error;
  });
  return {
    appId,
    appPort,
    httpPort,
    grpcPort,
    url,
    controlPlane,
    log: daprd.log,
    async ready() {
      const deadline = Date.now() + READY_LIMIT;
      while (!(await answers(`${url}/v1.0/healthz`))) {
        if (Date.now() > deadline)
          throw new Error(`daprd of ${appId} is not healthy; see ${daprd.log}`);
        await delay(10);
      }
    },
    kill: () => daprd.kill(),
    terminate: () => daprd.stop(),
    async restart() {
      await daprd.kill();
      daprd = await start();
    },
    async stop() {
      await daprd.stop();
      await release();
    },
  };
}

// By default a name is lost that was not renewed for five seconds, and a look-up fails after one: too little for a busy
// machine.
function nameResolution(file: string): string {
  return `apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata:
  name: names
spec:
  nameResolution:
    component: sqlite
    version: v1
    configuration:
      connectionString: ${file}
      updateInterval: 60s
      timeout: 10s
      busyTimeout: 5s
`;
}
