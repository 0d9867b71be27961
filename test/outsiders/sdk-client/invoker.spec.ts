import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { HttpMethod } from '@dapr/dapr';
import { expect, it } from '@jest/globals';
import { runNest } from '../../support/nest-run.js';
import { describeSdk, failureOf } from './sdk-client.js';

@Controller('prices')
class Prices {
  @Get(':sku')
  of(
    @Param('sku') sku: string,
    @Query('currency') currency?: string,
    @Headers('x-customer') customer?: string,
  ): object {
    if (sku === 'unknown') throw new NotFoundException('no such thing');
    return { sku, currency, customer };
  }

  @Post()
  @HttpCode(201)
  set(@Body() body: { sku: string; price: number }): object {
    return { set: body };
  }

  @Delete(':sku')
  remove(@Param('sku') sku: string): string {
    return `${sku} is gone`;
  }
}

describeSdk(
  'invoking',
  () =>
    runNest({
      adapter: new ExpressAdapter(),
      appId: 'shop',
      controllers: [Prices],
    }),
  (run) => {
    const { protocol } = run;

    it('calls ordinary routes of an app by its id', async () => {
      const { invoker } = run.client;
      expect(
        await invoker.invoke('shop', 'prices/book', HttpMethod.GET),
      ).toEqual({
        sku: 'book',
      });
      const price = { sku: 'book', price: 12 };
      expect(
        await invoker.invoke('shop', 'prices', HttpMethod.POST, price),
      ).toEqual({ set: price });
    });

    it('has a query and headers over HTTP', async () => {
      const called = run.client.invoker.invoke(
        'shop',
        'prices/book?currency=EUR',
        HttpMethod.GET,
        undefined,
        { headers: { 'x-customer': 'alice' } },
      );
      if (protocol === 'HTTP')
        return expect(await called).toEqual({
          sku: 'book',
          currency: 'EUR',
          customer: 'alice',
        });
      // Over gRPC the SDK puts the query into the path, where Dapr has none, and sends no headers.
      expect(await failureOf(called)).toMatchObject({ code: 13 });
    });

    it('gets an answer in text over HTTP', async () => {
      const called = run.client.invoker.invoke(
        'shop',
        'prices/pen',
        HttpMethod.DELETE,
      );
      if (protocol === 'HTTP') return expect(await called).toBe('pen is gone');
      // Over gRPC the SDK takes JSON only.
      await expect(called).rejects.toThrow(/COULD_NOT_PARSE.*pen is gone/);
    });

    it('is told that a route refuses', async () => {
      const called = run.client.invoker.invoke(
        'shop',
        'prices/unknown',
        HttpMethod.GET,
      );
      expect(await failureOf(called)).toMatchObject(
        protocol === 'HTTP'
          ? { status: 404, message: 'no such thing' }
          : { code: 5, message: 'Not Found' },
      );
    });

    it('is told of an app that is not there', async () => {
      const called = run.client.invoker.invoke(
        'nobody',
        'prices/book',
        HttpMethod.GET,
      );
      expect(await failureOf(called)).toMatchObject(
        protocol === 'HTTP'
          ? { status: 500, errorCode: 'ERR_DIRECT_INVOKE' }
          : { code: 13 },
      );
    });
  },
);
