import { fileURLToPath } from 'node:url';
import {
  removeScratch,
  scratchFolder,
  type ControlPlane,
} from '../control-plane.js';
import { daprRun, type DaprRun } from '../dapr-run.js';
import { startProcess, type RunningProcess } from '../running-process.js';

const REPOSITORY = new URL('../../../', import.meta.url);

/** A process that hosts ledgers, and its daprd. */
export interface LedgerHost {
  readonly name: string;
  readonly sidecar: DaprRun;
  /** Ends only the app as a crash does. */
  killApp(): Promise<void>;
  /** Ends both as a crash does. */
  kill(): Promise<void>;
  /** Ends both as a deployment does, and starts them again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface LedgerHostOptions {
  readonly name: string;
  readonly controlPlane: ControlPlane;
  readonly resourcesPath: string;
}

// So that daprd notices within seconds that an app is gone: https://docs.dapr.io/operations/resiliency/health-checks/app-health/
const HEALTH_CHECKS = [
  '--enable-app-health-check',
  '--app-health-probe-interval=1',
  '--app-health-probe-timeout=500',
  '--app-health-threshold=1',
];

export async function startLedgerHost(
  options: LedgerHostOptions,
): Promise<LedgerHost> {
  const { name, controlPlane, resourcesPath } = options;
  const folder = await scratchFolder(name);
  const sidecar = await daprRun({
    appId: 'ledger',
    controlPlane,
    resourcesPath,
    args: HEALTH_CHECKS,
  });
  const startApp = (): Promise<RunningProcess> =>
    startProcess({
      name,
      command: process.execPath,
      args: [
        '--import',
        new URL('test/dapr/typescript.mjs', REPOSITORY).href,
        fileURLToPath(new URL('test/dapr/two-hosts/ledger-app.ts', REPOSITORY)),
      ],
      folder,
      env: {
        HOST_NAME: name,
        APP_PORT: String(sidecar.appPort),
        DAPR_HTTP_PORT: String(sidecar.httpPort),
        DAPR_GRPC_PORT: String(sidecar.grpcPort),
      },
      isUp: () => isHealthy(sidecar.appPort ?? 0),
    });
  let app = await startApp();
  await sidecar.ready();
  return {
    name,
    sidecar,
    killApp: () => app.kill(),
    async kill() {
      await Promise.all([app.kill(), sidecar.kill()]);
    },
    async restart() {
      await app.stop();
      await sidecar.terminate();
      await sidecar.restart();
      app = await startApp();
      await sidecar.ready();
    },
    async stop() {
      await app.stop();
      await sidecar.stop();
      await removeScratch(folder);
    },
  };
}

async function isHealthy(port: number): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://127.0.0.1:${port}/healthz`);
    return ok;
  } catch {
    return false;
  }
}
