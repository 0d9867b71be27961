import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { answers } from './control-plane.js';
import { daprRun } from './dapr-run.js';

describe('a real sidecar in a spec', () => {
  it('serves its APIs before the application listens, and is ready after it asked the application', async () => {
    const asked: string[] = [];
    const app = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(404).end();
    });
    const dapr = await daprRun({ appId: 'harness' });
    try {
      expect(await answers(`${dapr.url}/v1.0/healthz`)).toBe(false);
      app.listen(dapr.appPort, '127.0.0.1');
      await dapr.ready();
      expect(asked).toContain('GET /dapr/config');
    } finally {
      await dapr.stop();
      app.close();
    }
  });

  it('comes back on the same ports after a crash', async () => {
    const dapr = await daprRun({ appId: 'harness', appPort: null });
    try {
      await dapr.kill();
      expect(await answers(`${dapr.url}/v1.0/healthz`)).toBe(false);
      await dapr.restart();
      await dapr.ready();
    } finally {
      await dapr.stop();
    }
  });

  it('ends with everything that it started', async () => {
    const dapr = await daprRun({ appId: 'harness', appPort: null });
    await dapr.stop();
    expect(await answers(`${dapr.url}/v1.0/healthz/outbound`)).toBe(false);
    expect(existsSync(dapr.log.replace('.log', '.pid'))).toBe(false);
  });

  it('tells the end of the log when daprd refuses to start', async () => {
    const start = daprRun({
      appId: 'harness',
      appPort: null,
      args: ['--no-such-flag'],
    });
    await expect(start).rejects.toThrow(/daprd exited[^]*no-such-flag/);
  });
});
