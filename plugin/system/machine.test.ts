import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { machine } from "./machine.ts";

const system = machine();

describe("the machine's clock", () => {
  it("tells the time in milliseconds", () => {
    expect(Math.abs(system.now() - Date.now())).toBeLessThan(50);
  });

  it("sleeps for as long as it is told", async () => {
    const start = performance.now();
    await system.sleep(60);
    expect(performance.now() - start).toBeGreaterThan(55);
  });

  it("wakes early and without an error when the signal is aborted", async () => {
    const start = performance.now();
    const waker = new AbortController();
    setTimeout(() => waker.abort(), 20);
    await system.sleep(60_000, waker.signal);
    await system.sleep(60_000, waker.signal);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("does not take a sleep of months for no sleep", async () => {
    const waker = new AbortController();
    let awake = false;
    const sleeping = system.sleep(90 * 24 * 3600 * 1000, waker.signal).then(() => {
      awake = true;
    });
    await system.sleep(30);
    expect(awake).toBe(false);
    waker.abort();
    await sleeping;
  });

  it("waits for the event loop to come round, after all that is ready", async () => {
    const order: string[] = [];
    const soon = system.soon().then(() => order.push("soon"));
    await Promise.resolve().then(() => order.push("ready"));
    await soon;
    expect(order).toEqual(["ready", "soon"]);
  });

  it("aborts a signal after a time", async () => {
    const signal = system.timeout(20);
    expect(signal.aborted).toBe(false);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(system.timeout(2 ** 40).aborted).toBe(false);
  });
});

describe("the machine's randomness", () => {
  it("gives as many bytes as asked for, never the same", () => {
    expect(system.random("test", 16)).toHaveLength(16);
    expect(system.random("test", 16).equals(system.random("test", 16))).toBe(false);
  });
});

describe("the machine's verification", () => {
  const data = Buffer.from("signed");

  it("checks Ed25519 signatures", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const signature = sign(null, data, privateKey);
    expect(await system.verify(null, data, publicKey, signature)).toBe(true);
    expect(await system.verify(null, Buffer.from("other"), publicKey, signature)).toBe(false);
  });

  it.each([
    ["P-256", "sha256", 64],
    ["P-384", "sha384", 96],
  ] as const)("checks ECDSA signatures on %s as two integers", async (namedCurve, hash, length) => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
    const signature = sign(hash, data, { key: privateKey, dsaEncoding: "ieee-p1363" });
    expect(signature).toHaveLength(length);
    expect(await system.verify(hash, data, publicKey, signature)).toBe(true);
    expect(await system.verify(hash, data, publicKey, sign(hash, data, privateKey))).toBe(false);
  });

  it("checks RSA signatures", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    expect(await system.verify("sha512", data, publicKey, sign("sha512", data, privateKey))).toBe(true);
  });

  it("says false to a signature that cannot be read", async () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    expect(await system.verify(null, data, publicKey, Buffer.from("short"))).toBe(false);
    expect(await system.verify(null, data, publicKey, Buffer.alloc(0))).toBe(false);
  });
});
