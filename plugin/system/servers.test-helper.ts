import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate made for one test, in PEM. */
export interface TestCertificate {
  key: string;
  cert: string;
}

/** An authority, and what it signed: for `good.test`, expired, and for `other.test`; and one that signed itself. */
export interface TestCertificates {
  ca: string;
  good: TestCertificate;
  expired: TestCertificate;
  selfSigned: TestCertificate;
}

/** Makes certificates with the `openssl` command; nothing is left behind. */
export function makeCertificates(): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), "koa-ocm-tls-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  try {
    writeFileSync(join(folder, "index"), "");
    writeFileSync(join(folder, "ca.cnf"), CA_CONFIG);
    openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2");
    const sign = (name: string, dates: string[]): TestCertificate => {
      openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      openssl("ca", "-batch", "-config", "ca.cnf", "-in", `${name}.csr`, "-out", `${name}.pem`, "-notext", ...dates);
      return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
    };
    const self = ["-keyout", "self.key", "-out", "self.pem", "-subj", "/CN=good.test", "-days", "2"];
    openssl("req", "-x509", ...newKey, ...self, "-addext", "subjectAltName=DNS:good.test");
    return {
      ca: read("ca.pem"),
      good: sign("good", ["-days", "2"]),
      expired: sign("expired", ["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]),
      selfSigned: { key: read("self.key"), cert: read("self.pem") },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const CA_CONFIG = `[ca]
default_ca = test
[test]
database = index
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
subjectAltName = DNS:good.test,DNS:localhost
`;

/** A server of one test. `requests` holds "METHOD target" of each request, in order. */
export interface TestServer {
  port: number;
  requests: string[];
  connections: number;
  close(): Promise<void>;
}

/** Answers http, or https with a certificate, on a loopback address and a free port. */
export async function serve(
  handler: http.RequestListener,
  options: { tls?: TestCertificate; address?: string; port?: number } = {},
): Promise<TestServer> {
  const requests: string[] = [];
  const listener: http.RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handler(request, response);
  };
  const server = options.tls ? https.createServer(options.tls, listener) : http.createServer(listener);
  return started(server, requests, options);
}

/** A server below HTTP: it does with each connection what it is told. */
export async function serveRaw(handler: (socket: net.Socket) => void): Promise<TestServer> {
  return started(net.createServer(handler), [], {});
}

/** An outbound proxy that forwards everything to one local port; port 0: it refuses. */
export async function serveProxy(target: number): Promise<TestServer> {
  const requests: string[] = [];
  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const { pathname } = new URL(request.url ?? "");
    const { method, headers } = request;
    const forward = http.request({ host: "127.0.0.1", port: target, path: pathname, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forward);
  });
  server.on("connect", (request, socket: net.Socket) => {
    requests.push(`CONNECT ${request.url}`);
    if (target === 0) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const upstream = net.connect(target, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return started(server, requests, {});
}

async function started(
  server: Server,
  requests: string[],
  options: { address?: string; port?: number },
): Promise<TestServer> {
  const sockets = new Set<net.Socket>();
  let connections = 0;
  server.on("connection", (socket: net.Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, options.address ?? "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = await serveRaw(() => {});
  await server.close();
  return server.port;
}
