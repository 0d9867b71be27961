import { describe, expect, it } from '@jest/globals';
import { forwardPath } from '../../../../lib/sidecar/blocks/forward-path.js';
import type { ApiRoute } from '../../../../lib/sidecar/http/api.js';
import { Router } from '../../../../lib/sidecar/http/router.js';

const route = (verbs: string, path: string): ApiRoute => ({
  verbs: verbs.split(' '),
  path,
  handle: () => ({ status: 200 }),
});

describe('the router of the API', () => {
  const router = new Router([
    route('GET DELETE', '/v1.0/state/:store/:key'),
    route('POST PUT', '/v1.0/state/:store'),
    route('POST', '/v1.0/state/:store/bulk'),
    route('POST', '/v1.0/publish/:pubsub/*topic'),
    route('GET', '/v1.0/metadata'),
  ]);
  const find = (verb: string, path: string): string | undefined => {
    const match = router.find(verb, path);
    return match && `${match.route.path} ${JSON.stringify(match.params)}`;
  };

  it.each([
    ['GET', '/v1.0/metadata', '/v1.0/metadata {}'],
    [
      'GET',
      '/v1.0/state/s/k',
      '/v1.0/state/:store/:key {"key":"k","store":"s"}',
    ],
    ['POST', '/v1.0/state/s', '/v1.0/state/:store {"store":"s"}'],
    ['POST', '/v1.0/state/s/bulk', '/v1.0/state/:store/bulk {"store":"s"}'],
    [
      'GET',
      '/v1.0/state/a+b/x%2Fy%2B%C3%BC',
      '/v1.0/state/:store/:key {"key":"x/y+ü","store":"a b"}',
    ],
    [
      'POST',
      '/v1.0/publish/p/a/b%2Fc/d',
      '/v1.0/publish/:pubsub/*topic {"topic":"a/b/c/d","pubsub":"p"}',
    ],
  ])('finds %s %s', (verb, path, found) => {
    expect(find(verb, path)).toBe(found);
  });

  it.each([
    ['PATCH', '/v1.0/state/s'],
    ['GET', '/v1.0/state/s/bulk/more'],
    ['POST', '/v1.0/publish/p'],
    ['GET', '/v1.0'],
    ['GET', '/'],
  ])('does not find %s %s', (verb, path) => {
    expect(find(verb, path)).toBeUndefined();
  });

  it('takes a fixed word for a parameter where it is none for the verb', () => {
    expect(find('GET', '/v1.0/state/s/bulk')).toBe(
      '/v1.0/state/:store/:key {"key":"bulk","store":"s"}',
    );
  });
});

describe('the path of a forwarded call', () => {
  it.each([
    ['a/b', '/a/b'],
    ['/a//b/../c', '/a/c'],
    ['../x', '/x'],
    ['', '/'],
    ['a b', '/a%20b'],
    ['a+b', '/a+b'],
    ['ü', '/%C3%BC'],
    ['a\\b', '/a%5Cb'],
    ["a:b@c!$&'()*,;=~[]", "/a:b@c!$&'()*,;=~[]"],
    ['a"<>|^`{}', '/a%22%3C%3E%7C%5E%60%7B%7D'],
    ['a%41', '/a%41'],
    ['😀', '/%F0%9F%98%80'],
  ])('of %j is %s', (method, path) => {
    expect(forwardPath(method)).toBe(path);
  });

  it.each([
    ['a?b', 'method contains forbidden character: "a?b"'],
    ['a#b', 'method contains forbidden character: "a#b"'],
    ['a%b', 'invalid URL escape "%b"'],
    ['a%zzb', 'invalid URL escape "%zz"'],
    ['a\nb', 'control character'],
  ])('of %j is refused', (method, words) => {
    expect(() => forwardPath(method)).toThrow(words);
  });
});
