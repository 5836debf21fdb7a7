/** The bytes of a request on a connection that stays open. A body comes with its length. */
export function rawRequest(
  method: string,
  url: string,
  headers: Record<string, string>,
  body?: string | Buffer,
): Buffer {
  const { host, pathname, search } = new URL(url);
  const fields = { host, ...headers, ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n`);
  return body === undefined ? head : Buffer.concat([head, Buffer.from(body)]);
}
