import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { caller, NoAnswer, setWay } from "../http.ts";
import { closeServers, listen, type WebServer } from "../server/listen.ts";
import { type Authority, createAuthority } from "../tls/authority.ts";
import { wayTo } from "./way.ts";

const ORIGIN = "https://alpha.test";
const soon = async (): Promise<void> => undefined;

let authority: Authority;
let servers: WebServer[];
let port: number;

beforeEach(async () => {
  authority = await createAuthority();
  const echo = await listen(
    0,
    (req, res) => {
      res.setHeader("x-host", req.headers.host ?? "");
      req.pipe(res);
    },
    { host: "127.0.0.1", tls: await authority.issue(["alpha.test"]) },
  );
  ({ servers, port } = echo);
});

afterEach(async () => {
  setWay(ORIGIN, null);
  await closeServers(servers, 0);
});

describe("A way to a server", () => {
  it("leads to its port on this machine, under its own name, with bodies both ways", async () => {
    setWay(ORIGIN, wayTo("alpha.test", port, authority.certificate, soon));
    const { send } = caller(ORIGIN);
    const answer = await send("PUT", "/x", { body: Readable.from([Buffer.from("a "), Buffer.from("stream")]) });
    expect([answer.headers.get("x-host"), await answer.text()]).toEqual(["alpha.test", "a stream"]);
  });

  it("trusts the authority of the testbed, and no other", async () => {
    setWay(ORIGIN, wayTo("alpha.test", port, (await createAuthority()).certificate, soon));
    await expect(caller(ORIGIN).send("GET", "/")).rejects.toThrow(NoAnswer);
  });

  it("does not take a certificate for another name", async () => {
    setWay("https://beta.test", wayTo("beta.test", port, authority.certificate, soon));
    await expect(caller("https://beta.test").send("GET", "/")).rejects.toThrow(/alpha\.test|altnames/);
    setWay("https://beta.test", null);
  });

  it("waits for what was asked for before", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    setWay(
      ORIGIN,
      wayTo("alpha.test", port, authority.certificate, () => promise),
    );
    let isThere = false;
    const answer = caller(ORIGIN)
      .send("GET", "/")
      .then(() => {
        isThere = true;
      });
    await new Promise((after) => setTimeout(after, 100));
    expect(isThere).toBe(false);
    resolve();
    await answer;
    expect(isThere).toBe(true);
  });
});
