import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";

/** A running proxy. */
export interface BearerProxy {
  /** Its address, to be given to a program as its HTTP proxy. */
  url: string;
  close(): Promise<void>;
}

/**
 * An HTTP proxy on this machine that adds an Authorization field to every request and changes nothing else, for programs that know no
 * Bearer tokens. It passes requests on to `origin` alone, so that the token goes nowhere else.
 */
export async function bearerProxy(origin: string, authorization: string, port = 0): Promise<BearerProxy> {
  const target = new URL(origin);
  const server = createServer((req, res) => {
    const asked = URL.canParse(req.url ?? "") ? new URL(req.url ?? "") : undefined;
    if (asked?.origin !== target.origin) {
      res.writeHead(403).end(`This proxy is for ${target.origin} only.\n`);
      return;
    }
    // The path is passed on as it was written: URL would tidy it.
    const path = (req.url ?? "").slice((req.url ?? "").indexOf("/", "http://".length)) || "/";
    const { "proxy-connection": _ours, ...theirs } = req.headers;
    const headers = { ...theirs, authorization };
    const upstream = request({ hostname: target.hostname, port: target.port, method: req.method, path, headers });
    upstream.once("response", (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.headers);
      answer.pipe(res);
      answer.once("error", () => res.destroy());
    });
    upstream.once("continue", () => res.writeContinue());
    upstream.once("error", () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    req.pipe(upstream);
    res.once("close", () => upstream.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// As a program: TOKEN=… node testbed/webdav/bearer-proxy.ts ORIGIN [PORT]
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , origin, port = "0"] = process.argv;
  const { TOKEN } = process.env;
  if (origin === undefined || TOKEN === undefined) {
    console.error("usage: TOKEN=... node testbed/webdav/bearer-proxy.ts ORIGIN [PORT]");
    process.exit(2);
  }
  const { url } = await bearerProxy(origin, `Bearer ${TOKEN}`, Number(port));
  console.log(`Proxy for ${origin} at ${url}`);
}
