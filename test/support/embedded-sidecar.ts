import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../../lib/sidecar/embedded.js';
import type { Engine } from '../../lib/sidecar/engine.js';
import type { Sidecar, StartOptions } from './sidecar.js';

export interface EmbeddedSidecar extends Sidecar {
  readonly engine: Engine;
}

/** An embedded sidecar in an engine of its own, or in that of the sidecar beside it. */
export async function startEmbedded(options: StartOptions): Promise<Sidecar> {
  const { appId = 'conformance', app } = options;
  const beside = options.beside as EmbeddedSidecar | undefined;
  let engine = beside?.engine;
  const leaveEnvironment = enterEnvironment(options.env ?? {});
  const release = async (): Promise<void> => {
    leaveEnvironment();
    if (!beside) await engine?.close();
  };
  try {
    engine ??= await engineOf(options);
    const sidecar = await engine.openSidecar({
      appId,
      httpPort: 0,
      grpcPort: 0,
      clientOnly: !app,
    });
    const ready = async (): Promise<void> => {
      if (app)
        await sidecar.connect({
          port: app.port,
          protocol: options.appProtocol ?? 'http',
        });
    };
    if (options.until !== 'outbound') await ready();
    const started: EmbeddedSidecar = {
      kind: 'embedded',
      appId,
      httpPort: sidecar.httpPort,
      grpcPort: sidecar.grpcPort,
      url: `http://127.0.0.1:${sidecar.httpPort}`,
      engine,
      ready,
      // An application that connects again is a new one.
      restart: ready,
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

/** The embedded sidecar has the environment of this process. */
function enterEnvironment(
  variables: Readonly<Record<string, string>>,
): () => void {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return () => {
    for (const name of Object.keys(variables))
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
  };
}

/** It reads its resources once: their folder is gone when it has started, so that a spec that breaks off leaves none. */
async function engineOf(options: StartOptions): Promise<Engine> {
  const { resources = '\n', config, apiToken, appToken } = options;
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
  try {
    if (resources.includes('\n'))
      await writeFile(join(folder, 'resources.yaml'), resources);
    else await cp(resources, folder, { recursive: true });
    if (config !== undefined)
      await writeFile(join(folder, 'config.yaml'), config);
    return await startEngine({
      resources: folder,
      ...(apiToken && { apiToken }),
      ...(appToken && { appToken }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
