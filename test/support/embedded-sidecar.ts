import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../lib/sidecar/embedded.js';
import type { Engine } from '../../lib/sidecar/engine.js';
import type { Sidecar, SidecarOptions } from './sidecar.js';

interface EmbeddedSidecar extends Sidecar {
  readonly engine: Engine;
}

/** An embedded sidecar in an engine of its own, or in that of the sidecar beside it. */
export async function startEmbedded(options: SidecarOptions): Promise<Sidecar> {
  const { appId = 'conformance', app } = options;
  const beside = options.beside as EmbeddedSidecar | undefined;
  const folder = await resourcesFolder(options);
  const server = typeof app === 'function' ? await listen(app) : undefined;
  const port = server
    ? (server.address() as AddressInfo).port
    : app && 'port' in app
      ? app.port
      : undefined;
  let engine = beside?.engine;
  const release = async (): Promise<void> => {
    if (!beside) await engine?.close();
    server?.closeAllConnections();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    engine ??= await startEngine({
      resources: folder,
      ...(options.apiToken && { apiToken: options.apiToken }),
      ...(options.appToken && { appToken: options.appToken }),
    });
    const sidecar = await engine.openSidecar({
      appId,
      httpPort: 0,
      ...(port === undefined && { clientOnly: true }),
    });
    const ready = async (): Promise<void> => {
      if (port !== undefined) await sidecar.connect({ port });
    };
    if (options.until !== 'outbound') await ready();
    const started: EmbeddedSidecar = {
      kind: 'embedded',
      appId,
      httpPort: sidecar.httpPort,
      url: `http://127.0.0.1:${sidecar.httpPort}`,
      engine,
      ready,
      async stop() {
        await sidecar.close();
        await release();
      },
    };
    return started;
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

async function resourcesFolder(options: SidecarOptions): Promise<string> {
  const { resources = '\n', config } = options;
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
  await writeFile(join(folder, 'resources.yaml'), resources);
  if (config !== undefined)
    await writeFile(join(folder, 'config.yaml'), config);
  return folder;
}
