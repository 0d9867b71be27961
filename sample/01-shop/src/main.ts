import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Customers } from './customers.js';
import { ShopModule } from './shop.module.js';

const app = await NestFactory.create(ShopModule);
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(process.env['APP_PORT'] ?? 3000);

await app.get(Customers).visit(await app.getUrl());
