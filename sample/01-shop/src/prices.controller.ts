import { Controller, Get, Param } from '@nestjs/common';
import { Prices } from './prices.js';

/** An ordinary controller; other services reach it through Dapr by this app's id. */
@Controller('prices')
export class PricesController {
  constructor(private readonly prices: Prices) {}

  @Get(':sku')
  price(@Param('sku') sku: string): { sku: string; cents: number } {
    return { sku, cents: this.prices.of(sku) };
  }
}
