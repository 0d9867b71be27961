import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  removeScratch,
  scratchFolder,
  type ControlPlane,
} from '../dapr/control-plane.js';
import { daprRun } from '../dapr/dapr-run.js';
import type { Sidecar, StartOptions } from './sidecar.js';

interface DaprdSidecar extends Sidecar {
  readonly controlPlane: ControlPlane;
}

/** A real daprd with a control plane of its own, or that of the sidecar beside it. */
export async function startDaprd(options: StartOptions): Promise<Sidecar> {
  const { appId = 'conformance', resources, config } = options;
  const beside = options.beside as DaprdSidecar | undefined;
  const folder = await scratchFolder(`${appId}-files`);
  try {
    const run = await daprRun({
      appId,
      appPort: options.app?.port ?? null,
      ...(resources !== undefined && {
        resourcesPath: await resourcesFolder(folder, resources),
      }),
      ...(config !== undefined && { config: await configFile(folder, config) }),
      ...(beside && { controlPlane: beside.controlPlane }),
      ...(options.appProtocol && {
        args: [`--app-protocol=${options.appProtocol}`],
      }),
      env: {
        ...options.env,
        ...(options.apiToken && { DAPR_API_TOKEN: options.apiToken }),
        ...(options.appToken && { APP_API_TOKEN: options.appToken }),
      },
    });
    const sidecar: DaprdSidecar = {
      kind: 'daprd',
      appId,
      httpPort: run.httpPort,
      grpcPort: run.grpcPort,
      url: run.url,
      controlPlane: run.controlPlane,
      ready: () => run.ready(),
      async restart() {
        await run.restart();
        await run.ready();
      },
      async stop() {
        await run.stop();
        await removeScratch(folder);
      },
    };
    if (options.until === 'outbound') return sidecar;
    try {
      await run.ready();
      return sidecar;
    } catch (error) {
      await run.stop();
      throw error;
    }
  } catch (error) {
    await removeScratch(folder);
    throw error;
  }
}

async function resourcesFolder(
  folder: string,
  resources: string,
): Promise<string> {
  if (!resources.includes('\n')) return resources;
  const target = join(folder, 'resources');
  await mkdir(target);
  // One document per file: of a file with several, daprd reads a Resiliency only when it is the first.
  const documents = resources.split(/^---$/m);
  for (const [index, document] of documents.entries())
    await writeFile(join(target, `${index}.yaml`), document);
  return target;
}

async function configFile(folder: string, text: string): Promise<string> {
  const path = join(folder, 'config.yaml');
  await writeFile(path, text);
  return path;
}
