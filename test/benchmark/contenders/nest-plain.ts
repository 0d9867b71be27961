import {
  Body,
  Controller,
  Module,
  Param,
  Post,
  Put,
  HttpCode,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { json } from 'express';
import type { AddressInfo } from 'node:net';
import type { Contender } from '../contender.js';

@Controller()
class OrdersController {
  @Post('orders')
  @HttpCode(200)
  order(@Body() event: { data: unknown }) {
    return event.data ? { status: 'SUCCESS' } : { status: 'DROP' };
  }

  @Put('actors/Cart/:id/method/:method')
  method(@Param('id') _id: string, @Body() quantity: { quantity: number }) {
    return quantity;
  }
}

@Module({ controllers: [OrdersController] })
class AppModule {}

/** A plain Nest controller, on the platform that `adapter` makes. */
export function plainNest(adapter: () => AbstractHttpAdapter): Contender {
  return {
    async serve() {
      const app = await NestFactory.create(AppModule, adapter(), {
        logger: false,
        bodyParser: false,
      });
      if (app.getHttpAdapter().getType() === 'express')
        app.use(
          json({ type: ['application/json', 'application/cloudevents+json'] }),
        );
      else parseCloudEvents(app.getHttpAdapter().getInstance() as Fastify);
      await app.listen(0, '127.0.0.1');
      const { port } = app.getHttpServer().address() as AddressInfo;
      return { port, topicPath: '/orders', hasActors: true };
    },
  };
}

interface Fastify {
  addContentTypeParser(
    types: string[],
    options: { parseAs: 'string' },
    parser: (
      request: unknown,
      body: string,
      done: (error: null, value: unknown) => void,
    ) => void,
  ): void;
}

function parseCloudEvents(fastify: Fastify): void {
  fastify.addContentTypeParser(
    ['application/json', 'application/cloudevents+json'],
    { parseAs: 'string' },
    (_request, body, done) => done(null, JSON.parse(body)),
  );
}
