import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import type { Clock } from '../../protocol/clock.js';
import { parseGoDuration } from '../../protocol/go-duration.js';
import { Headers, type HeaderBag } from '../../protocol/headers.js';
import { HttpService } from '../app/service.js';
import { isTrue, metadataValue } from '../resources/component.js';
import { inTime } from '../retries.js';
import { HOP_BY_HOP } from './forward-headers.js';
import { headerText } from './header-text.js';
import {
  BindingError,
  type BindingAnswer,
  type BindingRequest,
  type OutputBinding,
} from './output-binding.js';
import { parseQuantity } from './quantity.js';

type Metadata = Readonly<Record<string, string>>;

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);
const JSON_TYPE = 'application/json; charset=utf-8';
const LARGEST_BODY = 100 * 1024 * 1024;

// Go's client makes these itself.
const NOT_SENT = new Set([...HOP_BY_HOP, 'content-length']);

/**
 * Requests to a service, as dapr/components-contrib bindings/http.
 * @see https://docs.dapr.io/reference/components-reference/supported-bindings/http/
 */
export class HttpBinding implements OutputBinding {
  readonly operations = [
    'create',
    'get',
    'head',
    'post',
    'put',
    'patch',
    'delete',
    'options',
    'trace',
  ];
  private readonly url: string;
  private readonly timeout: number | undefined;
  private readonly largest: number;
  private readonly service = new HttpService();

  /** @throws Error for metadata that can't be meant */
  constructor(
    private readonly metadata: Metadata,
    private readonly clock: Clock,
  ) {
    refuseCertificates(metadata);
    this.url = urlOf(metadata);
    this.timeout = timeoutOf(metadata);
    this.largest = largestOf(metadata);
  }

  invoke(request: BindingRequest): Promise<BindingAnswer> {
    return inTime(this.clock, this.timeout, async (timeout) => {
      const signals = [timeout, request.signal].filter((each) => each != null);
      return this.send(request, AbortSignal.any(signals));
    });
  }

  async close(): Promise<void> {
    await this.service.close();
  }

  private async send(
    { operation, data, metadata }: BindingRequest,
    signal: AbortSignal,
  ): Promise<BindingAnswer> {
    const verb = operation === 'create' ? 'POST' : operation.toUpperCase();
    const hasBody = WITH_BODY.has(verb);
    const { path } = metadata;
    const url = path
      ? `${this.url.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`
      : this.url;
    const answer = await this.service.stream(new URL(url), {
      verb,
      headers: this.headersFor(metadata, hasBody),
      ...(hasBody && { body: data }),
      signal,
    });
    const body = await beginning(answer.body, this.largest);
    const told = metadataOf(answer.status, answer.headers);
    if (this.mustSucceed(metadata) && Math.floor(answer.status / 100) !== 2)
      throw new BindingError(`received status code ${answer.status}`, told);
    return { data: body, metadata: told };
  }

  private headersFor(
    metadata: Metadata,
    hasBody: boolean,
  ): Record<string, string> {
    const headers: Record<string, string> = {
      accept: JSON_TYPE,
      ...(hasBody && { 'content-type': JSON_TYPE }),
    };
    const token = metadataValue(this.metadata, 'securityToken');
    const tokenHeader = metadataValue(this.metadata, 'securityTokenHeader');
    if (token && tokenHeader)
      headers[tokenHeader.toLowerCase()] = headerText(token);
    // What begins with a capital letter is meant for the service.
    for (const [name, value] of Object.entries(metadata))
      if (/^[A-Z]/.test(name) && !NOT_SENT.has(name.toLowerCase()))
        headers[name.toLowerCase()] = headerText(value);
    for (const name of [
      Headers.traceparent,
      Headers.tracestate,
      Headers.baggage,
    ])
      if (metadata[name]) headers[name] = metadata[name];
    return headers;
  }

  private mustSucceed(metadata: Metadata): boolean {
    return isTrue(
      metadata['errorIfNot2XX'] ||
        metadataValue(this.metadata, 'errorIfNot2XX') ||
        'true',
    );
  }
}

/** As much of a body as is wanted; the rest is not read. */
async function beginning(body: Readable, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let left = largest;
  for await (const chunk of body) {
    const part = (chunk as Buffer).subarray(0, left);
    chunks.push(part);
    left -= part.length;
    if (left <= 0) break;
  }
  return Buffer.concat(chunks);
}

function metadataOf(status: number, headers: HeaderBag): Metadata {
  const metadata: Record<string, string> = {
    statusCode: String(status),
    status: `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd(),
  };
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined)
      metadata[canonical(name)] =
        typeof value === 'string' ? value : value.join(', ');
  return metadata;
}

/** A header's name as Go spells it: `Content-Type`. */
function canonical(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function refuseCertificates(metadata: Metadata): void {
  const name = ['mtlsRootCA', 'mtlsClientCert', 'mtlsClientKey'].find((each) =>
    metadataValue(metadata, each),
  );
  if (name)
    throw new Error(
      `the metadata "${name}" is not for the embedded sidecar, which shows and checks no certificates of its own. For development, leave it out or call the service over http`,
    );
}

function urlOf(metadata: Metadata): string {
  const url = metadataValue(metadata, 'url');
  if (!url) throw new Error('the metadata "url" is missing');
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw new Error(
    `the metadata "url" is "${url}", which is no http or https URL`,
  );
}

function timeoutOf(metadata: Metadata): number | undefined {
  const text = metadataValue(metadata, 'responseTimeout');
  if (!text) return undefined;
  const timeout = parseGoDuration(text);
  if (timeout === undefined)
    throw new Error(
      `the metadata "responseTimeout" is "${text}", which is no duration such as 5s`,
    );
  return timeout;
}

/** Bytes; without a limit, Infinity. */
function largestOf(metadata: Metadata): number {
  const text = metadataValue(metadata, 'maxResponseBodySize');
  if (!text) return LARGEST_BODY;
  const bytes = parseQuantity(text);
  if (bytes === undefined)
    throw new Error(
      `the metadata "maxResponseBodySize" is "${text}", which is no size such as 1048576 or 10Mi`,
    );
  return bytes <= 0 ? Infinity : bytes;
}
