import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { callerCheck } from '../../../../lib/server/http/caller.js';

function request(
  remoteAddress: string | undefined,
  headers: Record<string, string> = {},
): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

describe('without a token, a caller', () => {
  const onlyLoopback = callerCheck(undefined, []);

  it.each(['127.0.0.1', '127.3.2.1', '::1', '::ffff:127.0.0.1'])(
    'at %s is on loopback and may call [H16]',
    (address) => {
      expect(onlyLoopback(request(address))).toBeUndefined();
    },
  );

  it.each([
    '10.0.0.1',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    '::2',
    'fe80::1%eth0',
    'no address',
    undefined,
  ])('at %s is not, and may not [H16]', (address) => {
    expect(onlyLoopback(request(address))).toBe('peer');
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])(
    'can not talk itself in with the header %s [H16]',
    (header) => {
      const headers = { [header]: '127.0.0.1' };
      expect(onlyLoopback(request('10.0.0.1', headers))).toBe('peer');
    },
  );

  it.each([
    ['10.0.0.0/8', '10.255.0.1', '11.0.0.1'],
    ['10.0.0.0/8', '::ffff:10.255.0.1', '::ffff:11.0.0.1'],
    ['192.0.2.7', '192.0.2.7', '192.0.2.8'],
    ['192.0.2.7/32', '192.0.2.7', '192.0.2.8'],
    ['fd00::/8', 'fd12::1', 'fe00::1'],
    ['fe80::/10', 'fe80::1%eth0', 'fd00::1'],
    ['::ffff:10.0.0.0/104', '10.1.2.3', '11.0.0.1'],
  ])('whom %s trusts may call: %s, but not %s [H16]', (peers, inside, out) => {
    const check = callerCheck(undefined, [peers]);
    expect(check(request(inside))).toBeUndefined();
    expect(check(request(out))).toBe('peer');
    expect(check(request('127.0.0.1'))).toBeUndefined();
  });

  it('may come from anywhere where 0.0.0.0/0 and ::/0 are trusted', () => {
    const check = callerCheck(undefined, ['0.0.0.0/0', '::/0']);
    expect(check(request('203.0.113.9'))).toBeUndefined();
    expect(check(request('2001:db8::1'))).toBeUndefined();
  });

  it.each([
    '',
    'sidecar',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/9',
    '10.0.0.0/0x8',
    '10.0.0.0/8.5',
    '::/129',
    '/8',
  ])('%j in trustedPeers is a start error that names it', (peer) => {
    expect(() => callerCheck(undefined, ['10.0.0.0/8', peer])).toThrow(
      `server.trustedPeers holds "${peer}"`,
    );
  });
});

describe('with a token, a caller', () => {
  const check = callerCheck('secret-token', ['10.0.0.0/8']);

  it('with the same token may call from anywhere [H15]', () => {
    const headers = { 'dapr-api-token': 'secret-token' };
    expect(check(request('203.0.113.9', headers))).toBeUndefined();
  });

  it.each([
    undefined,
    '',
    'secret-toke',
    'secret-token ',
    'secret-tokem',
    'SECRET-TOKEN',
    'secret-token, secret-token',
    'Bearer secret-token',
  ])('with %j instead may not, loopback or trusted or not [H15]', (token) => {
    const headers = token === undefined ? {} : { 'dapr-api-token': token };
    for (const address of ['127.0.0.1', '10.0.0.1', '203.0.113.9'])
      expect(check(request(address, headers))).toBe('token');
  });
});
