import { Injectable, NotFoundException } from '@nestjs/common';

const CENTS: Readonly<Record<string, number>> = {
  book: 1200,
  pen: 150,
  lamp: 3900,
};

/** What the shop sells. */
export const SKUS = Object.keys(CENTS);

/** What things cost, in cents. */
@Injectable()
export class Prices {
  of(sku: string): number {
    const price = CENTS[sku];
    if (price === undefined) throw new NotFoundException(`no price for ${sku}`);
    return price;
  }
}
