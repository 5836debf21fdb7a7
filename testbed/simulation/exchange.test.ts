import type { RequestListener } from "node:http";
import { PassThrough, Readable } from "node:stream";
import Koa from "koa";
import { describe, expect, it } from "vitest";
import { type Arriving, exchange } from "./exchange.ts";

const GET: Arriving = { method: "GET", path: "/a?b=c", headers: { host: "a.example" }, body: null };

async function text(body: AsyncIterable<unknown>): Promise<string> {
  let all = "";
  for await (const chunk of body) all += String(chunk);
  return all;
}

const cut = (): Error => new Error("cut");

describe("An exchange in memory", () => {
  it("brings a request to Koa as it was sent, and the answer back", async () => {
    const app = new Koa();
    app.use(async (ctx) => {
      const { method, url, headers, req } = ctx;
      ctx.status = 201;
      ctx.set("x-several", ["one", "two"]);
      ctx.body = { method, url, headers, raw: req.rawHeaders, body: await text(req) };
    });
    const headers = { host: "a.example", "content-length": "5", "X-Odd": "1" };
    const sent: Arriving = { method: "POST", path: "/a?b=c", headers, body: Buffer.from("hello") };
    const { status, headers: back, body } = await exchange(app.callback(), sent, cut).answered;
    expect([status, back["x-several"], back["content-type"]]).toEqual([
      201,
      "one, two",
      "application/json; charset=utf-8",
    ]);
    expect(JSON.parse(await text(body))).toEqual({
      method: "POST",
      url: "/a?b=c",
      headers,
      raw: ["host", "a.example", "content-length", "5", "X-Odd", "1"],
      body: "hello",
    });
  });

  it("has nothing in it that comes from the machine's clock", async () => {
    const { headers } = await exchange((_req, res) => void res.end("x"), GET, cut).answered;
    expect(headers.date).toBeUndefined();
  });

  it("carries a long stream in both directions, no faster than it is read", async () => {
    const pieces = Array.from({ length: 400 }, (_, index) => Buffer.alloc(4_096, String(index % 10)));
    let given = 0;
    const source = Readable.from(
      (function* () {
        for (const piece of pieces) {
          given += 1;
          yield piece;
        }
      })(),
    );
    let counted = 0;
    const echo: RequestListener = (req, res) => void req.pipe(res);
    const { answered } = exchange(
      echo,
      {
        ...GET,
        method: "PUT",
        body: source,
        count(bytes) {
          counted += bytes;
        },
      },
      cut,
    );
    const { body } = await answered;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(given).toBeLessThan(300);
    const got: Buffer[] = [];
    for await (const chunk of body) got.push(chunk as Buffer);
    expect(Buffer.concat(got).equals(Buffer.concat(pieces))).toBe(true);
    expect(counted).toBe(2 * 400 * 4_096);
  });

  it("tells the server when whoever asked is gone, and fails", async () => {
    const closed = Promise.withResolvers<boolean>();
    const slow: RequestListener = (req, res) => {
      res.once("close", () => closed.resolve(res.writableFinished));
      req.resume();
    };
    const running = exchange(slow, GET, cut);
    running.cut();
    await expect(running.answered).rejects.toThrow("cut");
    expect(await closed.promise).toBe(false);
  });

  it("ends a request when its reader has had enough, and fails a body that the server breaks off", async () => {
    const gone = Promise.withResolvers<void>();
    const endless: RequestListener = (_req, res) => {
      const source = Readable.from(
        (function* () {
          for (;;) yield Buffer.alloc(1_024);
        })(),
      );
      source.pipe(res);
      res.once("close", () => {
        source.destroy();
        gone.resolve();
      });
    };
    const { body } = await exchange(endless, GET, cut).answered;
    for await (const _chunk of body) break;
    await gone.promise;

    const breaks: RequestListener = (_req, res) => {
      res.write("a part");
      setImmediate(() => res.destroy());
    };
    const broken = await exchange(breaks, GET, cut).answered;
    await expect(text(broken.body)).rejects.toThrow("cut");
  });

  it("breaks the request off at the server where its body fails", async () => {
    const outcome = Promise.withResolvers<string>();
    const reads: RequestListener = (req, res) => {
      text(req).then(
        () => outcome.resolve("whole"),
        () => {
          outcome.resolve("broken off");
          res.destroy();
        },
      );
    };
    const source = new PassThrough();
    const { answered } = exchange(reads, { ...GET, method: "PUT", body: source }, cut);
    source.write("a part");
    setImmediate(() => source.destroy(new Error("lost")));
    expect(await outcome.promise).toBe("broken off");
    await expect(answered).rejects.toThrow("cut");
  });

  it("has an empty body where the answer has none", async () => {
    const { status, body } = await exchange((_req, res) => void res.writeHead(204).end(), GET, cut).answered;
    expect([status, await text(body)]).toEqual([204, ""]);
  });
});
