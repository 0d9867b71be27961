import { describe, expect, it } from '@jest/globals';
import { parseGrpcEndpoint } from '../../../lib/client/grpc-endpoint.js';

describe('a gRPC endpoint', () => {
  it.each([
    ['127.0.0.1:50001', '127.0.0.1:50001', false],
    ['localhost', 'localhost:80', false],
    ['[::1]:50001', '[::1]:50001', false],
    ['dns:sidecar:50001', 'sidecar:50001', false],
    ['dns://sidecar:50001', 'sidecar:50001', false],
    ['http://sidecar:50001', 'sidecar:50001', false],
    ['grpc://sidecar:50001', 'sidecar:50001', false],
    ['https://sidecar', 'sidecar:443', true],
    ['grpcs://sidecar:8443', 'sidecar:8443', true],
    ['sidecar:50001?tls=true', 'sidecar:50001', true],
    ['sidecar:50001?tls=false', 'sidecar:50001', false],
    ['dns:sidecar?tls=true', 'sidecar:443', true],
    ['unix:/tmp/dapr.sock', 'unix:/tmp/dapr.sock', false],
    ['unix:///tmp/dapr.sock', 'unix:///tmp/dapr.sock', false],
  ])('%s is read as %s [C9]', (text, target, isSecure) => {
    expect(parseGrpcEndpoint(text, 'It')).toEqual({ target, isSecure });
  });

  it.each([
    '',
    'ftp://sidecar:1',
    'sidecar:50001?tls=perhaps',
    'sidecar:50001?a=b',
    'http://sidecar:1?tls=true',
    'https://user@sidecar:1',
    'https://sidecar:1/path',
    'unix:/tmp/dapr.sock?tls=true',
  ])('"%s" is refused, with its source and the remedy', (text) => {
    expect(() => parseGrpcEndpoint(text, 'DAPR_GRPC_ENDPOINT')).toThrow(
      /^DAPR_GRPC_ENDPOINT is no gRPC address of a sidecar; write host:port/,
    );
  });

  it('of a kind that can not be dialled is refused in words', () => {
    expect(() => parseGrpcEndpoint('vsock:1:2', 'It')).toThrow(/vsock/);
  });
});
