import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Pair, runningPair, statusOf } from "../../durability/pair.test-helper.ts";
import { NoAnswer, Refused } from "../../http.ts";
import { eventually } from "../../scenarios/steps.ts";
import type { Trouble } from "./orders.ts";

/** Milliseconds of trouble: longer than what is asked meanwhile may take on a busy machine. */
const LONG = 3000;

let pair: Pair;
beforeAll(async () => {
  pair = await runningPair({ name: "SQLite" });
}, 60_000);
afterAll(async () => await pair[Symbol.asyncDispose]());

/** The next occasion is the begin of a trouble of Alice's server. */
async function troubled(kind: Trouble["kind"], more: Partial<Trouble> = {}): Promise<void> {
  await pair.alpha.suffer({ troubles: [{ kind, episodes: [{ nth: 1, forMs: LONG }], ...more }] });
}

const refusalOf = async (attempt: Promise<unknown>): Promise<Refused> => {
  const refusal = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(refusal instanceof Refused)) throw refusal ?? new Error("It was not refused.");
  return refusal;
};
const share = (path: string) => pair.alpha.role.share(path, pair.beta.account.address, ["read"]);
const logOfAlpha = () => readFile(join(pair.alpha.config.dataDir, "server.log"), "utf8");

describe("A server", { timeout: 60_000 }, () => {
  it("answers 503 with Retry-After while its database is away, and goes on by itself with nothing half-written", async () => {
    const path = await pair.newFile();
    await troubled("database-down");
    const { status, retryAfter } = await refusalOf(share(path));
    expect([status, retryAfter]).toEqual([503, 2]);
    // Reading fails as well.
    expect(await refusalOf(pair.alpha.role.allSent())).toMatchObject({ status: 503, retryAfter: 2 });
    const made = await eventually("the database", () => share(path).catch(() => undefined), 3 * LONG);
    expect(made.name).toBe(path.slice(1));
    expect(statusOf(await pair.settled(), path.slice(1))).toEqual(["pending", "pending"]);
  });

  it("answers 503 where its database has no room, 507 to a file, and keeps what was there", async () => {
    const path = await pair.newFile();
    await troubled("disk-full");
    expect(await refusalOf(share(path))).toMatchObject({ status: 503, retryAfter: 2 });
    expect(await logOfAlpha()).toContain("database or disk is full");
    const upload = pair.alpha.role.putFile(path, Readable.from(["the next one"]));
    // A server may refuse before the whole of it was sent.
    const refusal = await upload.catch((error: unknown) => error);
    expect(refusal instanceof NoAnswer || (refusal instanceof Refused && refusal.status === 507)).toBe(true);
    expect((await pair.alpha.role.allSent()).some(({ name }) => `/${name}` === path)).toBe(false);
    await eventually("room", () => share(path).catch(() => undefined), 3 * LONG);
    await pair.alpha.role.putFile(path, Readable.from(["the next one"]));
    expect(statusOf(await pair.settled(), path.slice(1))).toEqual(["pending", "pending"]);
  });

  it("keeps for later what it has to tell a server whose name it cannot resolve", async () => {
    // Connections that are open need no name.
    await delay(5000);
    const path = await pair.newFile();
    await troubled("dns-failure");
    const { id } = await share(path);
    const { deliveries } = await pair.alpha.role.sent(id);
    expect(deliveries).toMatchObject([{ lastError: { code: "peer-dns" } }]);
    expect(statusOf(await pair.settled(), path.slice(1))).toEqual(["pending", "pending"]);
  });

  it("is not believed while its clock is minutes behind, and told nothing; then all of it arrives", async () => {
    const path = await pair.newFile();
    await troubled("wrong-clock", { aheadMs: -600_000 });
    const { id, status } = await share(path);
    expect(status).toBe("announcing");
    const [delivery] = (await pair.alpha.role.sent(id)).deliveries;
    expect(JSON.stringify(delivery)).toMatch(/401: The signature is 6\d\d seconds old/);
    expect(statusOf(await pair.settled(), path.slice(1))).toEqual(["pending", "pending"]);
  });

  it("suffers from nothing any more once it is told so", async () => {
    await troubled("database-down");
    await pair.alpha.suffer({});
    const path = await pair.newFile();
    await share(path);
    expect(statusOf(await pair.settled(), path.slice(1))).toEqual(["pending", "pending"]);
  });
});
