import { X509Certificate } from "node:crypto";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { type Credentials, createAuthority } from "./authority.ts";

const DAY = 24 * 60 * 60 * 1000;

it("issues what Node's TLS trusts for the names, and for nothing else", async () => {
  const authority = await createAuthority();
  const good = await authority.issue(["alpha.test", "www.alpha.test"]);
  expect(await answer(good, authority.certificate, "www.alpha.test")).toBe("200");
  expect(await answer(good, authority.certificate, "beta.test")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(await answer(good, (await createAuthority()).certificate, "alpha.test")).toMatch(/VERIFY|SIGNATURE|ISSUER/);
});

it("issues what has expired, when that is wanted", async () => {
  const authority = await createAuthority();
  const expired = await authority.issue(["alpha.test"], Date.now() - DAY);
  expect(new X509Certificate(expired.cert).validFromDate.getTime()).toBeLessThan(Date.now() - DAY);
  expect(await answer(expired, authority.certificate, "alpha.test")).toBe("CERT_HAS_EXPIRED");
});

async function answer(credentials: Credentials, ca: string, servername: string): Promise<string> {
  const server = createServer(credentials, (_req, res) => res.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return await new Promise((resolve) => {
    const headers = { connection: "close" };
    get({ host: "127.0.0.1", port, servername, ca, agent: false, headers }, (res) => {
      res.resume();
      resolve(String(res.statusCode));
    }).once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
