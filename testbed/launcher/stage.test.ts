import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expiries } from "../faults/certificate.ts";
import type { Role } from "../roles.ts";
import { patient } from "../scenarios/patient.ts";
import { eventually } from "../scenarios/steps.ts";
import { openStage, type RunningStage } from "./stage.ts";

const LONG = { timeout: 60_000 };

/** With this the receiver's certificate has expired first, and for long enough. */
const RECEIVER_FIRST = Array.from({ length: 100 }, (_, at) => String(at)).find((seed) => {
  const [first] = expiries(seed, ["alpha", "beta"]);
  return first?.server === "beta" && first.forMs > 3000;
});

let folder: string;
let stage: RunningStage | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stage-test-"));
});
afterEach(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** The stage, and people who bear that their own server is away. */
async function open(tls = false, seed = "1"): Promise<{ on: RunningStage; sender: Role; receiver: Role }> {
  const on = await openStage(["koa-ocm", "koa-ocm"], folder, seed, { tls });
  stage = on;
  const [sender, receiver] = on.roles.map((role) => patient(role, { ownServerFails: true, promised: [] }));
  if (sender === undefined || receiver === undefined) throw new Error("The stage is empty.");
  return { on, sender, receiver };
}

async function shared(sender: Role, receiver: Role): Promise<string> {
  await sender.putFile("/a.txt", () => Readable.from(["a"]));
  return (await sender.share("/a.txt", receiver.address, ["read"])).id;
}

const arrives = (sender: Role, id: string) =>
  eventually("the arrival", async () => (await sender.sent(id)).status === "pending" || undefined, 40_000);

describe("A stage", () => {
  it("starts a server again that was killed as the fault wants it, twice at most, and heals", LONG, async () => {
    const { on, sender, receiver } = await open();
    on.sufferAlways("kill-after-response");
    for (let asked = 0; asked < 12; asked += 1) await sender.ownAddress();
    expect(on.harms?.()).toEqual(["alpha killed after-response", "alpha killed after-response"]);
    on.sufferAlways(null);
    await on.healed?.();
    await arrives(sender, await shared(sender, receiver));
    expect(on.harms?.()).toHaveLength(2);
  });

  it("does not start a server again that it was told to stop in the meantime", LONG, async () => {
    const { on, sender, receiver } = await open();
    on.sufferAlways("kill-after-response");
    const asking = Promise.allSettled(Array.from({ length: 6 }, () => on.roles[0]?.ownAddress()));
    await on.stop(sender.server);
    await asking;
    await on.healed?.();
    await expect(on.roles[0]?.ownAddress()).rejects.toThrow("it is down");
    on.sufferAlways(null);
    await on.start(sender.server);
    await arrives(sender, await shared(sender, receiver));
  });

  it(
    "has servers that speak TLS, and one whose certificate has expired is not talked to until it is renewed",
    LONG,
    async () => {
      const { on, sender, receiver } = await open(true, RECEIVER_FIRST);
      expect(sender.server.origin).toMatch(/^https:/);
      on.sufferAlways("expired-certificate");
      await eventually("the fault", async () => (on.harms?.() ?? []).length > 0 || undefined);
      expect(on.harms?.()).toEqual(["beta: expired certificate"]);
      const id = await shared(sender, receiver);
      expect(JSON.stringify((await sender.sent(id)).deliveries)).toMatch(/peer-tls.*has expired/);
      await arrives(sender, id);
    },
  );

  it("refuses a fault of certificates where nobody shows one", LONG, async () => {
    const { on } = await open();
    expect(() => on.suffer("expired-certificate")).toThrow("speak no TLS");
  });
});
