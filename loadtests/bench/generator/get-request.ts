/** The bytes of a GET request on a connection that stays open. */
export function getRequest(origin: string, path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nAccept: application/json\r\n\r\n`);
}
