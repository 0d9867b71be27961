import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ControlPlane } from '../dapr/control-plane.js';
import { removeScratch, scratchFolder } from '../dapr/control-plane.js';
import { daprRun } from '../dapr/dapr-run.js';
import type { Sidecar, SidecarOptions } from './sidecar.js';

interface DaprdSidecar extends Sidecar {
  readonly controlPlane: ControlPlane;
}

/** A real daprd with a control plane of its own, or that of the sidecar beside it. */
export async function startDaprd(options: SidecarOptions): Promise<Sidecar> {
  const { appId = 'conformance', resources, config } = options;
  const folder = await scratchFolder(`${appId}-files`);
  const server =
    typeof options.app === 'function' ? await listen(options.app) : undefined;
  const appPort = server
    ? (server.address() as AddressInfo).port
    : options.app && 'port' in options.app
      ? options.app.port
      : null;
  const release = async (): Promise<void> => {
    server?.closeAllConnections();
    server?.close();
    await removeScratch(folder);
  };
  try {
    const run = await daprRun({
      appId,
      appPort,
      ...(resources !== undefined && {
        resourcesPath: await resourcesFolder(folder, resources),
      }),
      ...(config !== undefined && { config: await file(folder, config) }),
      ...(options.beside && {
        controlPlane: (options.beside as DaprdSidecar).controlPlane,
      }),
      env: {
        ...(options.apiToken && { DAPR_API_TOKEN: options.apiToken }),
        ...(options.appToken && { APP_API_TOKEN: options.appToken }),
      },
    });
    const sidecar: DaprdSidecar = {
      kind: 'daprd',
      appId,
      httpPort: run.httpPort,
      url: run.url,
      controlPlane: run.controlPlane,
      ready: () => run.ready(),
      async stop() {
        await run.stop();
        await release();
      },
    };
    if (options.until !== 'outbound')
      await run.ready().catch(async (error: unknown) => {
        await sidecar.stop();
        throw error;
      });
    return sidecar;
  } catch (error) {
    await release();
    throw error;
  }
}

async function listen(handler: RequestListener): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve()),
  );
  return server;
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

async function file(folder: string, text: string): Promise<string> {
  const path = join(folder, 'config.yaml');
  await writeFile(path, text);
  return path;
}
