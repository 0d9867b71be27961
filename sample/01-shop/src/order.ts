import { IsIn, IsInt, IsNotEmpty, IsString, Max, Min } from 'class-validator';
import { SKUS } from './prices.js';

/** What a customer orders, as the shop takes it from HTTP and from the topic. */
export class Order {
  @IsString()
  @IsNotEmpty()
  id!: string;

  @IsString()
  @IsNotEmpty()
  customer!: string;

  @IsIn(SKUS)
  sku!: string;

  @IsInt()
  @Min(1)
  @Max(100)
  quantity!: number;
}
