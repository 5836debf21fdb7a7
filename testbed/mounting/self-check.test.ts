import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { startProxy } from "../faults/proxy.ts";
import { eventually } from "../scenarios/steps.ts";
import { createAuthority } from "../tls/authority.ts";
import { openSite, plainServer, type Site, type SiteOptions } from "./site.test-helper.ts";

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function open(options: SiteOptions): Promise<Site> {
  const site = await openSite(options);
  opened.push(site);
  return site;
}

/** What the site has warned of once it has been asked a few things, at these addresses. */
async function warningsOf(site: Site, addresses: string[]): Promise<string[]> {
  for (const address of addresses) await (await fetch(address)).text();
  await eventually("the self-check", async () =>
    site.warnings.length > 0 || site.remarks.includes("The self-check found nothing wrong.") ? true : undefined,
  );
  for (const address of addresses) await (await fetch(address)).text();
  await delay(100);
  return site.warnings;
}

const strips = {
  pathFor: (path: string) =>
    path.startsWith("/cloud/") ? path.slice(6) : path.startsWith("/.well-known/") ? path : undefined,
};

describe("The self-check after the first request", () => {
  it("says once that nothing answers at the configured origin", async () => {
    const nobody = await plainServer(() => undefined);
    await nobody.close();
    const { port } = new URL(nobody.origin);
    const site = await open({ ocm: { origin: nobody.origin } });
    const warnings = await warningsOf(site, [`${site.origin}/.well-known/ocm`, `${site.origin}/ocm/jwks.json`]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      new RegExp(`^Other servers may not find this one: http://localhost:${port}/\\.well-known/ocm cannot be`),
    );
  });

  it("says once that another server answers at the configured origin", async () => {
    const other = await open({});
    const site = await open({ ocm: { origin: other.origin, prefix: "/federation" } });
    const warnings = await warningsOf(site, [`${site.origin}/federation/jwks.json`]);
    expect(warnings).toEqual([
      expect.stringMatching(/^Another server, or one with another configuration, answers at /),
    ]);
  });

  it("says once that a page of the web server stands where discovery should", async () => {
    const web = await plainServer((_request, answer) => answer.end("<!doctype html><p>Welcome</p>"));
    opened.push(web);
    const site = await open({ ocm: { origin: web.origin } });
    const warnings = await warningsOf(site, [`${site.origin}/.well-known/ocm`]);
    expect(warnings).toEqual([expect.stringContaining("/.well-known/ocm does not answer with JSON")]);
  });

  it("says once that a proxy strips a path that publicPath does not name", async () => {
    const site = await open({ proxy: strips });
    const warnings = await warningsOf(site, [`${site.origin}/cloud/ocm/jwks.json`, `${site.origin}/.well-known/ocm`]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The routes cannot be reached where discovery says: .*\/ocm\/jwks\.json answers 404\. .*publicPath\.$/,
      ),
    ]);
  });

  it("says once that publicPath names a path that is not there", async () => {
    const site = await open({
      ocm: { publicPath: "/cloud" },
      proxy: { pathFor: (path) => (path.startsWith("/cloud") ? undefined : path) },
    });
    const warnings = await warningsOf(site, [`${site.origin}/.well-known/ocm`]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The routes cannot be reached where discovery says: .*\/cloud\/ocm\/jwks\.json answers 404\./,
      ),
    ]);
  });

  it("says once that the first request came to another address than the origin", async () => {
    const site = await open({});
    const headers = { "x-forwarded-host": "cloud.example.org", "x-forwarded-proto": "https" };
    await (await fetch(`${site.origin}/.well-known/ocm`, { headers })).text();
    const warnings = await warningsOf(site, [`${site.origin}/.well-known/ocm`]);
    expect(warnings).toEqual([expect.stringMatching(/^The first request came to https:\/\/cloud\.example\.org, but /)]);
  });

  it("trusts the authority that the operator named for this host, and no other", async () => {
    const authority = await createAuthority();
    const tls = await authority.issue(["localhost"]);
    for (const { ca, expected } of [
      { ca: authority.certificate, expected: [] },
      { ca: (await createAuthority()).certificate, expected: [expect.stringContaining("cannot be reached")] },
    ]) {
      const front = await startProxy({ name: "front", tls, watch: () => undefined });
      opened.push(front);
      const peers = { "localhost:*": { ca, allowPrivateAddresses: true } };
      const site = await open({ ocm: { origin: front.origin, peers } });
      front.passTo({ host: "127.0.0.1", port: Number(new URL(site.origin).port) });
      expect(await warningsOf(site, [`${site.origin}/.well-known/ocm`])).toEqual(expected);
    }
  });

  it("says nothing when the plugin is closed meanwhile", async () => {
    const silent = await plainServer(() => undefined);
    opened.push(silent);
    const site = await openSite({ ocm: { origin: silent.origin } });
    await (await fetch(`${site.origin}/.well-known/ocm`)).text();
    await site.close();
    await delay(200);
    expect(site.warnings).toEqual([]);
  });

  it("says nothing where all is well", async () => {
    const site = await open({ ocm: { publicPath: "/cloud" }, proxy: strips });
    expect(await warningsOf(site, [`${site.origin}/cloud/ocm/jwks.json`])).toEqual([]);
  });
});
