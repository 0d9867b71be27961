import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { DaprConfigurationError } from '../../errors/dapr-configuration.error.js';
import { Headers } from '../../protocol/headers.js';

/** Why a caller is turned away. */
export type Refusal = 'token' | 'peer';

/** Tells whether a caller may be Dapr: by the app token where there is one, else by its socket's address. */
export type CallerCheck = (request: IncomingMessage) => Refusal | undefined;

/** @throws {@link DaprConfigurationError} for an entry of `trustedPeers` that is no CIDR */
export function callerCheck(
  appToken: string | undefined,
  trustedPeers: readonly string[],
): CallerCheck {
  return appToken ? checkToken(appToken) : checkPeer(trustedPeers);
}

function checkToken(appToken: string): CallerCheck {
  const expected = digest(appToken);
  return (request) => {
    const given = request.headers[Headers.apiToken];
    return typeof given === 'string' && timingSafeEqual(digest(given), expected)
      ? undefined
      : 'token';
  };
}

// Of one length whatever the token's, as timingSafeEqual demands.
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function checkPeer(trustedPeers: readonly string[]): CallerCheck {
  const trusted = new BlockList();
  trusted.addSubnet('127.0.0.0', 8, 'ipv4');
  trusted.addAddress('::1', 'ipv6');
  for (const peer of trustedPeers) trust(trusted, peer);
  return (request) => {
    const address = request.socket.remoteAddress;
    if (address !== undefined && LOOPBACK.has(address)) return undefined;
    return address !== undefined && isTrusted(trusted, address)
      ? undefined
      : 'peer';
  };
}

// As nearly every call comes; asking a BlockList costs a native object each time.
const LOOPBACK: ReadonlySet<string> = new Set([
  '127.0.0.1',
  '::1',
  '::ffff:127.0.0.1',
]);

function isTrusted(trusted: BlockList, address: string): boolean {
  // A dual-stack socket shows IPv4 peers as ::ffff:10.0.0.1.
  const plain =
    address.startsWith('::ffff:') && address.includes('.')
      ? address.slice(7)
      : address;
  return trusted.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

function trust(trusted: BlockList, peer: string): void {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d+))?$/.exec(peer) ?? [];
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  try {
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  } catch (error) {
    throw new DaprConfigurationError(
      `server.trustedPeers holds "${peer}", which is no IP address and no CIDR such as 10.0.0.0/8. Correct or remove it.`,
      { cause: error },
    );
  }
}
