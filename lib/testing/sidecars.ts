import type { Engine } from '../sidecar/engine.js';
import type { Sidecar } from '../sidecar/sidecar.js';

/** The sidecars of a spec's apps, one per replica. That of an app which has closed stays for its restart. */
export class Sidecars {
  private readonly all: Sidecar[];
  private readonly taken = new Set<Sidecar>();

  constructor(
    private readonly engine: Engine,
    first: Sidecar,
  ) {
    this.all = [first];
  }

  async take(appId: string): Promise<Sidecar> {
    const sidecar = this.freeOf(appId) ?? (await this.open(appId));
    this.taken.add(sidecar);
    return sidecar;
  }

  giveBack(sidecar: Sidecar): void {
    this.taken.delete(sidecar);
  }

  private freeOf(appId: string): Sidecar | undefined {
    return this.all.find(
      (sidecar) => sidecar.appId === appId && !this.taken.has(sidecar),
    );
  }

  private async open(appId: string): Promise<Sidecar> {
    const sidecar = await this.engine.openSidecar({
      appId,
      httpPort: 0,
      grpcPort: 0,
    });
    this.all.push(sidecar);
    return sidecar;
  }
}
