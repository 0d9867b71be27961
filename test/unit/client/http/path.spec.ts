import { describe, expect, it } from '@jest/globals';
import { pathPart, queryText } from '../../../../lib/client/http/path.js';
import { DaprBadRequestError } from '../../../../lib/errors/dapr-bad-request.error.js';

describe('a name in a path', () => {
  it.each([
    ['plain_name-1', 'plain_name-1'],
    ['a/b?c#d%e+f g', 'a%2Fb%3Fc%23d%25e%2Bf%20g'],
    ['ключ', '%D0%BA%D0%BB%D1%8E%D1%87'],
    ['.', '%2E'],
    ['..', '%2E%2E'],
    ['...', '...'],
  ])('%j becomes %s [C4]', (name, part) => {
    expect(pathPart('state.get', 'key', name)).toBe(part);
  });

  it.each([
    ['', 'state.get failed: the key is empty.'],
    ['\ud800', 'state.get failed: the key is no valid Unicode text.'],
    [undefined as unknown as string, 'state.get failed: the key is no string.'],
  ])('%j is refused [C4]', (name, message) => {
    const build = () => pathPart('state.get', 'key', name);
    expect(build).toThrow(DaprBadRequestError);
    expect(build).toThrow(message);
  });
});

describe('a query', () => {
  it('is empty where there is nothing to say', () => {
    expect(queryText('state.get', { consistency: undefined })).toBe('');
    expect(queryText('state.get', {}, {})).toBe('');
  });

  it('holds parameters and metadata, encoded', () => {
    expect(
      queryText(
        'state.get',
        { consistency: 'strong' },
        { ttlInSeconds: 60, 'a b': 'c+d', raw: true },
      ),
    ).toBe(
      '?consistency=strong&metadata.ttlInSeconds=60&metadata.a%20b=c%2Bd&metadata.raw=true',
    );
  });
});
