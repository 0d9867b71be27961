/**
 * The headers of an HTTP answer that gRPC metadata has with `dapr-` before their names, lest they be taken for gRPC's
 * own (dapr/dapr pkg/messaging/v1/util.go).
 */
export const PREFIXED_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-language',
  'accept-ranges',
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'expect',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-schedule-tag-match',
  'if-unmodified-since',
  'keep-alive',
  'max-forwards',
  'origin',
  'pragma',
  'proxy-connection',
  'referer',
  'transfer-encoding',
  'upgrade',
  'via',
  'warning',
]);
