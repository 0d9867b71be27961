import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DaprModule } from '../../../lib/index.js';
import { LedgerActor } from './ledger.actor.js';

@Module({
  imports: [DaprModule.forRoot({ sidecar: 'external' })],
  providers: [LedgerActor],
})
class LedgerModule {}

const app = await NestFactory.create(LedgerModule);
app.enableShutdownHooks([], { useProcessExit: true });
await app.listen(Number(process.env['APP_PORT']), '127.0.0.1');
