import { Controller } from '@nestjs/common';
import { InputBinding } from 'nestjs-dapr';
import { ShopWindow } from './shop-window.js';

@Controller()
export class StocktakingController {
  constructor(private readonly window: ShopWindow) {}

  @InputBinding('stocktaking')
  count(): void {
    this.window.show('binding', 'time to count the stock');
  }
}
