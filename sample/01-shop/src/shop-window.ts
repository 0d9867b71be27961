import { Injectable, Logger } from '@nestjs/common';

/** Shows a line for each thing that happens in the shop. */
@Injectable()
export class ShopWindow {
  private readonly logger = new Logger('Shop');

  show(what: string, line: string): void {
    this.logger.log(`${what.padEnd(8)} ${line}`);
  }
}
