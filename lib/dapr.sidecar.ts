import { Logger } from '@nestjs/common';
import type { AppSidecar, SidecarHost } from './dapr.module-definition.js';
import type { ResolvedOptions } from './dapr.options.js';
import { DaprConfigurationError } from './errors/dapr-configuration.error.js';

/** The embedded sidecar of this app, from its start to its end; nothing where the sidecar is external. */
export class EmbeddedSidecarHandle {
  private sidecar: AppSidecar | undefined;

  constructor(
    private readonly options: ResolvedOptions,
    private readonly host: SidecarHost | null,
  ) {}

  get isEmbedded(): boolean {
    return this.options.sidecar === 'embedded';
  }

  /** Where the client finds it. @throws {@link DaprConfigurationError} before it has started */
  httpEndpoint(): string {
    return this.running().httpEndpoint;
  }

  private running(): AppSidecar {
    if (!this.sidecar)
      throw new DaprConfigurationError(
        'The embedded sidecar is not running: it starts with an HTTP application or a Dapr microservice when Nest ' +
          'initialises it, and never under NestFactory.createApplicationContext(). ' +
          'Call Dapr from onModuleInit on, or set DAPR_SIDECAR=external and run a sidecar.',
      );
    return this.sidecar;
  }

  /** The same for gRPC. */
  grpcEndpoint(): string {
    return this.running().grpcEndpoint;
  }

  async start(): Promise<void> {
    if (!this.isEmbedded || this.sidecar) return;
    this.sidecar = this.host
      ? await this.host.open(this.options.embedded.appId)
      : await startSidecar(this.options);
  }

  async connect(
    app: { host: string; port: number },
    then: () => Promise<void>,
  ): Promise<void> {
    await this.sidecar?.connect(app, then);
  }

  async disconnect(): Promise<void> {
    await this.sidecar?.disconnect();
  }

  async close(): Promise<void> {
    const sidecar = this.sidecar;
    this.sidecar = undefined;
    await sidecar?.close();
  }
}

async function startSidecar(options: ResolvedOptions): Promise<AppSidecar> {
  const logger = new Logger('EmbeddedSidecar');
  const { appId, resources, httpPort, grpcPort, substitute } = options.embedded;
  const apiToken = options.client.apiToken;
  const appToken = options.server.appToken;
  // The one door to the sidecar: an app that has an external one never loads it.
  const { startEngine } = await import('./sidecar/embedded.js');
  const engine = await startEngine({
    ...(resources !== undefined && { resources }),
    ...(substitute !== undefined && { substitute }),
    ...(apiToken !== undefined && { apiToken }),
    ...(appToken !== undefined && { appToken }),
    log: (line) => logger.log(line),
    warn: (line) => logger.warn(line),
  });
  const sidecar = await engine
    .openSidecar({
      appId,
      ...(httpPort !== undefined && { httpPort }),
      ...(grpcPort !== undefined && { grpcPort }),
    })
    .catch(async (error: unknown) => {
      await engine.close();
      throw error;
    });
  // An app that failed to listen must not live on by its sidecar.
  sidecar.unref();
  const httpEndpoint = `http://127.0.0.1:${sidecar.httpPort}`;
  logger.log(
    `Running as app "${appId}" at ${httpEndpoint} because ${options.sidecarReason}. ` +
      'It keeps everything in memory, for development and tests: in production run Dapr itself.',
  );
  return {
    httpEndpoint,
    grpcEndpoint: `127.0.0.1:${sidecar.grpcPort}`,
    connect: (app, then) => sidecar.connect(app).then(then),
    disconnect: () => sidecar.disconnect(),
    close: () => engine.close(),
  };
}
