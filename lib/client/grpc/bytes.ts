/** The body of an encoded payload as a message holds it. */
export function bytesOf(body: string | Buffer = ''): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : body;
}
