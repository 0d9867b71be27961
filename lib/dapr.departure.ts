import { Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

/**
 * The first of all shutdown hooks: calls of Dapr end before anything that they need is destroyed. Nest goes through the
 * modules by their distance from the root, its own included, and comes to global ones last.
 */
@Injectable()
export class Departure implements OnModuleDestroy {
  private leave: () => Promise<void> = () => Promise.resolve();

  constructor(modules: ModulesContainer) {
    for (const module of modules.values())
      if (module.metatype === DepartureModule) module.distance = -1;
  }

  /** Says what to wait for. */
  begin(leave: () => Promise<void>): void {
    this.leave = leave;
  }

  onModuleDestroy(): Promise<void> {
    return this.leave();
  }
}

/** A module of its own, so that it has a place of its own among the modules. */
@Module({ providers: [Departure], exports: [Departure] })
export class DepartureModule {}
