import { createSocket, type Socket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machine } from "./machine.ts";
import { askNameServers } from "./name-servers.ts";

/** Kinds of records (RFC 1035 section 3.2.2, RFC 3596). */
const A = 1;
const AAAA = 28;

/** Answers by name and kind; of names that are not here it says nothing at all. null: there is no such name. */
const ZONE: Record<string, { [kind: number]: number[][] } | null> = {
  "both.test": {
    [A]: [
      [192, 0, 2, 1],
      [192, 0, 2, 2],
    ],
    [AAAA]: [[0x20, 1, ...Array(13).fill(0), 1]],
  },
  "four.test": { [A]: [[192, 0, 2, 3]] },
  "gone.test": null,
};

function answerTo(question: Buffer): Buffer | undefined {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  const kind = question.readUInt16BE(at + 1);
  const records = ZONE[labels.join(".").toLowerCase()];
  if (records === undefined) return undefined;
  const found = records?.[kind] ?? [];
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(records === null ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(found.length, 6);
  head.writeUInt32BE(0, 8);
  const answers = found.map((address) =>
    Buffer.from([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, address.length, ...address]),
  );
  return Buffer.concat([head, question.subarray(12, at + 5), ...answers]);
}

let socket: Socket;
let servers: string[];
beforeAll(async () => {
  socket = createSocket("udp4");
  socket.on("message", (question, from) => {
    const answer = answerTo(question);
    if (answer) socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  servers = [`127.0.0.1:${socket.address().port}`];
});
afterAll(() => socket.close());

describe("a name that is asked of name servers", () => {
  it("has its addresses of both kinds", async () => {
    expect(await askNameServers("both.test", servers)).toEqual(["192.0.2.1", "192.0.2.2", "2001::1"]);
    expect(await askNameServers("four.test", servers)).toEqual(["192.0.2.3"]);
  });

  it("that does not exist fails with a code", async () => {
    await expect(askNameServers("gone.test", servers)).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  it("whose server is silent fails in a few seconds, and holds up neither others nor the machine's resolver", async () => {
    const begun = performance.now();
    const silent = Array.from({ length: 50 }, (_, n) => askNameServers(`${n}.silent.test`, servers));
    const failures = Promise.all(silent.map((asked) => asked.catch(({ code }: { code: string }) => code)));
    expect(await askNameServers("four.test", servers)).toEqual(["192.0.2.3"]);
    const system = machine();
    expect(await system.resolve("localhost")).toContain("127.0.0.1");
    await system.close();
    expect(performance.now() - begun).toBeLessThan(1500);
    expect(new Set(await failures)).toEqual(new Set(["ETIMEOUT"]));
    expect(performance.now() - begun).toBeLessThan(15_000);
  });
});
