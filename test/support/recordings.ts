import { readFileSync } from 'node:fs';

/** One exchange with a real daprd; see test/fixtures/recordings/README.md. */
export interface Recording {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly body?: string;
    readonly bodyBase64?: string;
  };
  readonly response: {
    readonly status: number;
    readonly headers?: readonly (readonly [string, string])[];
    readonly body?: string;
  };
  readonly outcome?: { readonly class: string };
  readonly volatile?: readonly string[];
}

export function recordings(topic: string): readonly Recording[] {
  return fixture(topic);
}

/** Exchanges in a form of their own. */
export function fixture<T>(topic: string): readonly T[] {
  const file = new URL(`../fixtures/recordings/${topic}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T[];
}
