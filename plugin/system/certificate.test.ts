import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ConnectPolicy, TransportError } from "../ports/system.ts";
import { readCertificate } from "./certificate.ts";
import { closedPort, makeCertificates, serve, serveRaw, type TestCertificates } from "./servers.test-helper.ts";

const DAY = 24 * 3600 * 1000;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

let certificates: TestCertificates;
beforeAll(() => {
  certificates = makeCertificates();
});

const policy = (more: Partial<ConnectPolicy> = {}): ConnectPolicy => ({ refuse: () => null, timeout: 2000, ...more });
const here = async () => ["127.0.0.1"];

async function server(which: "good" | "expired" | "selfSigned"): Promise<{ port: number; requests: string[] }> {
  const started = await serve((_request, response) => response.end(), { tls: certificates[which] });
  open.push(started.close);
  return started;
}
const failure = (promise: Promise<unknown>): Promise<TransportError> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error) => error,
  );

describe("reading a certificate", () => {
  it("tells protocol, issuer, names and days of a trusted one, and sends no request", async () => {
    const { port, requests } = await server("good");
    const seen = await readCertificate("good.test", port, policy({ ca: certificates.ca }), here);
    expect(seen).toMatchObject({ address: "127.0.0.1", protocol: "TLSv1.3", issuer: "Test CA", fault: null });
    expect(seen.names).toEqual(["good.test", "localhost"]);
    expect(seen.validTo - Date.now()).toBeGreaterThan(DAY);
    expect(seen.validTo - Date.now()).toBeLessThan(2 * DAY + 1000);
    expect(seen.validFrom).toBeLessThanOrEqual(Date.now());
    expect(requests).toEqual([]);
  });

  it.each([
    ["selfSigned", "good.test", "is self-signed"],
    ["expired", "good.test", "has expired"],
    ["good", "elsewhere.test", "is for another host"],
  ] as const)("shows a %s one for %s, and that it %s", async (which, name, words) => {
    const { port } = await server(which);
    const seen = await readCertificate(name, port, policy({ ca: certificates.ca }), here);
    expect(seen.fault).toContain(`The certificate of ${name}:${port} ${words}`);
  });

  it("names an authority that this machine does not trust", async () => {
    const { port } = await server("good");
    const seen = await readCertificate("good.test", port, policy(), here);
    expect(seen.fault).toContain("an authority that is not trusted here");
  });

  it("tries every permitted address and no other", async () => {
    const { port } = await server("good");
    const asked: string[] = [];
    const refuse = (address: string) => {
      asked.push(address);
      return address === "127.0.0.3" ? "refused in this test" : null;
    };
    const lookup = async () => ["127.0.0.3", "127.0.0.2", "127.0.0.1"];
    const seen = await readCertificate("good.test", port, policy({ refuse, ca: certificates.ca }), lookup);
    expect(seen.address).toBe("127.0.0.1");
    expect(asked).toEqual(["127.0.0.3", "127.0.0.2", "127.0.0.1"]);
    const error = await failure(readCertificate("good.test", port, policy({ refuse: () => "no" }), lookup));
    expect(error.failure).toBe("address-refused");
  });

  it("says that a port is closed, that a name does not exist, that a server is silent or speaks no TLS", async () => {
    const closed = await failure(readCertificate("localhost", await closedPort(), policy(), here));
    expect([closed.failure, closed.message]).toEqual(["connect", expect.stringContaining("refused the connection")]);

    const unknown = await failure(
      readCertificate("nobody.test", 443, policy(), () =>
        Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" })),
      ),
    );
    expect(unknown.failure).toBe("dns");

    const silent = await serveRaw(() => {});
    open.push(silent.close);
    const waited = await failure(readCertificate("localhost", silent.port, policy({ timeout: 100 }), here));
    expect(waited.failure).toBe("timeout");

    const plain = await serve((_request, response) => response.end());
    open.push(plain.close);
    expect((await failure(readCertificate("localhost", plain.port, policy(), here))).failure).toBe("tls");

    const rude = await serveRaw((socket) => socket.end());
    open.push(rude.close);
    expect((await failure(readCertificate("localhost", rude.port, policy(), here))).failure).toBe("reset");
  });
});
