import type { AsyncOptions, CustomStrategy } from '@nestjs/microservices';
import { ServerDapr } from './server-dapr.js';

export interface DaprMicroserviceOptions {
  /**
   * The port that Dapr calls. Default: in a hybrid application the app's own port; standalone the environment's
   * `APP_PORT`, else 3000.
   */
  readonly port?: number | undefined;
}

/**
 * The transport that `DaprModule` provides, for `app.connectMicroservice(daprMicroservice())` and
 * `NestFactory.createMicroservice(AppModule, daprMicroservice({ port: 3001 }))`. Neither is needed on an ordinary
 * HTTP application: there the transport attaches itself.
 * @see https://docs.nestjs.com/faq/hybrid-application
 */
export function daprMicroservice(
  options: DaprMicroserviceOptions = {},
): AsyncOptions<CustomStrategy> {
  return {
    inject: [ServerDapr],
    useFactory: (server: ServerDapr) => ({
      strategy:
        options.port === undefined ? server : server.onPort(options.port),
    }),
  };
}
