import { describe, expect, it } from "vitest";
import type { OcmOptions } from "../options.ts";
import { NO_TELEMETRY } from "../ports/telemetry.ts";
import { signingKey } from "../signing/jws.test-helper.ts";
import { machine } from "../system/machine.ts";
import { closedPort } from "../system/servers.test-helper.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { listLogger } from "./peers.test-helper.ts";
import { createTrust } from "./trust.ts";
import { createWayf } from "./wayf.ts";

const LAB = { "lab.example": { allowInsecureHttp: true } };

function wayfOf(given: Partial<OcmOptions>, origin = "https://own.example") {
  const options = given as OcmOptions;
  const settings = createPeerSettings(options.peers);
  const logger = listLogger();
  const system = machine();
  const parts = {
    system,
    logger,
    telemetry: NO_TELEMETRY,
    settings,
    trust: createTrust(options.trust, settings),
    origin,
    ownHost: "own.example",
  };
  return { logger, system, wayf: createWayf(options, parts) };
}

describe("the option wayf", () => {
  it("is a page for any server where nothing is said, and none without pages or where it is false", () => {
    expect(wayfOf({}).wayf).toMatchObject({ isOn: true, servers: { anyServer: true }, toInsecure: false });
    expect(wayfOf({}).wayf.servers.offered()).toEqual([]);
    expect(wayfOf({ pages: false }).wayf.isOn).toBe(false);
    expect(wayfOf({ wayf: false }).wayf.isOn).toBe(false);
    expect(wayfOf({ wayf: { anyServer: false } }).wayf.servers.anyServer).toBe(false);
  });

  it("lets the page lead to servers without TLS in a laboratory alone", () => {
    expect(wayfOf({ peers: LAB }).wayf.toInsecure).toBe(true);
    expect(wayfOf({}, "http://localhost:8080").wayf.toInsecure).toBe(true);
    expect(wayfOf({ peers: { "x.example": { allowPrivateAddresses: true } } }).wayf.toInsecure).toBe(false);
  });

  it.each([
    [{ servers: { "not a server": "Name" } }, /is no server/],
    [{ directories: [{ url: "https://directory.example" }] }, /needs its public key/],
  ])("is refused at once when it is %j", (wayf, sentence) => {
    expect(() => wayfOf({ wayf })).toThrow(sentence);
  });

  it("has directories asked only where there is a page", async () => {
    const url = `http://localhost:${await closedPort()}/`;
    const directories = [{ url, keys: [signingKey("EdDSA").pem] }];
    const peers = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } };
    const off = wayfOf({ peers, pages: false, wayf: { directories } });
    const on = wayfOf({ peers, wayf: { directories } });
    off.wayf.start();
    on.wayf.start();
    await expect.poll(() => on.logger.lines).toHaveLength(1);
    expect(off.logger.lines).toEqual([]);
    for (const { wayf, system } of [on, off]) {
      await wayf.close();
      await system.close();
    }
  });
});
