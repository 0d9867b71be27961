import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startEngine,
  type EmbeddedOptions,
} from '../../lib/sidecar/embedded.js';
import type { Engine } from '../../lib/sidecar/engine.js';
import type { Sidecar } from '../../lib/sidecar/sidecar.js';
import { VirtualClock } from '../../lib/sidecar/virtual-clock.js';
import { RecordingApp } from '../conformance/recording-app.js';
import { call, type WireAnswer } from '../conformance/wire.js';

export interface StageOptions extends Omit<EmbeddedOptions, 'resources'> {
  /** YAML; without any: the components that are there by default. */
  readonly resources?: string;
  /** Answer to GET /dapr/subscribe. */
  readonly subscriptions?: readonly object[];
  readonly appId?: string;
}

/** An embedded sidecar on virtual time with one application of node:http. */
export class Stage implements AsyncDisposable {
  private readonly disposals: (() => Promise<void>)[] = [];

  private constructor(
    readonly engine: Engine,
    readonly clock: VirtualClock,
    /** What the engine told the user. */
    readonly lines: readonly string[],
    readonly app: RecordingApp,
    readonly sidecar: Sidecar,
  ) {}

  static async open(options: StageOptions = {}): Promise<Stage> {
    const { resources, subscriptions = [], appId = 'shop', ...rest } = options;
    const clock = new VirtualClock();
    const lines: string[] = [];
    const engine = await startEngineOf(resources, {
      clock,
      log: (line) => lines.push(line),
      ...rest,
    });
    const app = await new RecordingApp().listen();
    app.on('GET /dapr/subscribe', { body: [...subscriptions] });
    const sidecar = await engine.openSidecar({
      appId,
      httpPort: 0,
      grpcPort: 0,
    });
    const stage = new Stage(engine, clock, lines, app, sidecar);
    stage.disposals.push(
      () => engine.close(),
      () => app.close(),
    );
    await sidecar.connect({ port: app.port });
    return stage;
  }

  /** A further application, connected; under the same app id a second replica. */
  async join(
    appId: string,
    subscriptions: readonly object[] = [],
  ): Promise<{ readonly app: RecordingApp; readonly sidecar: Sidecar }> {
    const app = await new RecordingApp().listen();
    app.on('GET /dapr/subscribe', { body: [...subscriptions] });
    this.disposals.push(() => app.close());
    const sidecar = await this.engine.openSidecar({
      appId,
      httpPort: 0,
      grpcPort: 0,
    });
    await sidecar.connect({ port: app.port });
    return { app, sidecar };
  }

  publish(
    path: string,
    body: unknown = 'text',
    headers: Record<string, string> = {},
  ): Promise<WireAnswer> {
    return call(this.sidecar, 'POST', `/v1.0/publish/${path}`, body, headers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const dispose of this.disposals) await dispose();
  }
}

/**
 * An engine with the resources of this YAML, if any. It reads them once: their folder is gone when it has started, so
 * that a spec that breaks off leaves none.
 */
export async function startEngineOf(
  yaml: string | undefined,
  options: Omit<EmbeddedOptions, 'resources'>,
): Promise<Engine> {
  if (!yaml) return startEngine(options);
  const folder = await folderWith(yaml);
  try {
    return await startEngine({ ...options, resources: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A new folder with this YAML in `resources.yaml`; the caller takes it away. */
export async function folderWith(yaml: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-dapr-'));
  await writeFile(join(folder, 'resources.yaml'), yaml);
  return folder;
}
