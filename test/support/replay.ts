import { call, type WireAnswer } from '../conformance/wire.js';
import type { Recording } from './recordings.js';

/** Sends what was sent to daprd then; `changed` is applied to body and header values. */
export function replay(
  sidecar: { readonly httpPort: number },
  { request }: Recording,
  changed: (text: string) => string = (text) => text,
): Promise<WireAnswer> {
  const headers = Object.fromEntries(
    (request.headers ?? []).map(([name, value]) => [name, changed(value)]),
  );
  const body = request.body === undefined ? undefined : changed(request.body);
  return call(sidecar, request.method, request.url, body, headers);
}

/** What daprd answered then. */
export function expected({ response }: Recording): WireAnswer {
  const text = response.body ?? '';
  return {
    status: response.status,
    headers: Object.fromEntries(
      (response.headers ?? []).map(([name, value]) => [
        name.toLowerCase(),
        value,
      ]),
    ),
    body: Buffer.from(text),
    text,
    get json(): unknown {
      return JSON.parse(text);
    },
  };
}

/** Status and body to compare, the body read where it is JSON, after `masked` was applied to its text. */
export function shown(
  answer: WireAnswer,
  masked: (text: string) => string = (text) => text,
): { readonly status: number; readonly body: unknown } {
  const text = masked(answer.text);
  try {
    return { status: answer.status, body: JSON.parse(text) };
  } catch {
    return { status: answer.status, body: text };
  }
}
