import { Inject } from '@nestjs/common';
import type { DaprClient } from './client/dapr-client.js';
import { DaprConfigurationError } from './errors/dapr-configuration.error.js';

/** Injection token of the client of a name; without a name, the class `DaprClient` is the token. */
export function getDaprClientToken(name: string): string {
  return `DaprClient:${name}`;
}

/**
 * Injects the further client that `DaprModule.forRoot({ clients: { name: … } })` describes. The app's own client is
 * injected by its class, `DaprClient`.
 */
export function InjectDaprClient(
  name: string,
): PropertyDecorator & ParameterDecorator {
  return Inject(getDaprClientToken(name));
}

/** All clients of the module; they close together. */
export class DaprClients {
  private readonly named = new Map<string, DaprClient>();

  constructor(
    readonly main: DaprClient,
    options: Readonly<Record<string, unknown>>,
    create: (name: string) => DaprClient,
  ) {
    for (const name of Object.keys(options)) this.named.set(name, create(name));
  }

  /** @throws {@link DaprConfigurationError} for a name that the options do not have */
  get(name: string): DaprClient {
    const client = this.named.get(name);
    if (client) return client;
    throw new DaprConfigurationError(
      `There is no Dapr client "${name}": DaprModule.forRoot({ clients }) has ${[...this.named.keys()].join(', ') || 'none'}. Add it there.`,
    );
  }

  async stop(): Promise<void> {
    await Promise.all(
      [this.main, ...this.named.values()].map((client) => client.stop()),
    );
  }
}
