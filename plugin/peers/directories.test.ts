import type http from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import type { DirectoryOptions, PeerOptions } from "../options.ts";
import { type AskedRequest, NO_TELEMETRY, type Telemetry } from "../ports/telemetry.ts";
import { signingKey, signJws } from "../signing/jws.test-helper.ts";
import { machine } from "../system/machine.ts";
import { makeCertificates, serve } from "../system/servers.test-helper.ts";
import { createConnections } from "./connections.ts";
import { createDirectories } from "./directories.ts";
import { readDirectory } from "./directory.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { listLogger, withTestClock } from "./peers.test-helper.ts";

const LAB: Record<string, PeerOptions> = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEY = signingKey("ES256");
const OTHER = signingKey("ES256");

const payload = (name: string) => ({
  federation: name,
  servers: [{ url: `https://${name}.example`, displayName: name }],
});

/** A Directory Service whose answer the test may change, and what reads it, on a clock of the test's own. */
async function bench({
  peers = LAB,
  tls,
  ...more
}: Partial<DirectoryOptions> & { peers?: typeof LAB; tls?: { key: string; cert: string } } = {}) {
  const script: { answer: http.RequestListener } = {
    answer: (_, response) => response.end(signJws(payload("good"), KEY)),
  };
  const headers: http.IncomingHttpHeaders[] = [];
  const observed: (AskedRequest & { status: number | null })[] = [];
  const telemetry: Telemetry = {
    ...NO_TELEMETRY,
    async ask(request, work) {
      const one = { ...request, status: null as number | null };
      observed.push(one);
      const answer = await work();
      one.status = answer.status;
      return answer;
    },
  };
  const server = await serve(
    (request, response) => {
      headers.push(request.headers);
      script.answer(request, response);
    },
    tls ? { tls } : {},
  );
  onTestFinished(server.close);
  const real = machine();
  const { system, clock } = withTestClock(real);
  const logger = listLogger();
  const url = `${tls ? "https" : "http"}://localhost:${server.port}/directory?v=1`;
  const directories = createDirectories({
    system,
    logger,
    connections: createConnections({ settings: createPeerSettings(peers), ownHost: "own.test" }),
    settings: [readDirectory({ url, keys: [KEY.jwk], ...more })],
    telemetry,
  });
  onTestFinished(async () => {
    await directories.close();
    await real.close();
  });
  let handled = 0;
  /** Resolves when one more request has had its effect: a line of the log tells. */
  const asked = async () => {
    handled += 1;
    await expect.poll(() => logger.lines.length, { timeout: 10_000, interval: 5 }).toBeGreaterThanOrEqual(handled);
    // What follows the line is the pause until the next request.
    await real.soon();
  };
  const federations = () => directories.documents().map(({ federation }) => federation);
  return { script, server, headers, observed, url, clock, logger, directories, asked, federations };
}

const say =
  (body: string | Buffer, head: Record<string, string> = {}): http.RequestListener =>
  (_, response) =>
    response.writeHead(200, head).end(body);

describe("a directory", () => {
  it("is fetched anonymously by GET, and read in either serialisation (DIR-01)", async () => {
    const { script, server, headers, directories, asked, federations, clock } = await bench();
    expect(federations()).toEqual([]);
    directories.start();
    await asked();
    expect(directories.documents()).toEqual([
      { federation: "good", servers: [{ host: "good.example", name: "good", insecure: false }], leftOut: 0 },
    ]);
    expect(server.requests).toEqual(["GET /directory?v=1"]);
    expect(headers[0]).not.toHaveProperty("cookie");
    expect(headers[0]).not.toHaveProperty("authorization");
    expect(headers[0]).not.toHaveProperty("signature");
    script.answer = say(signJws(payload("compact"), KEY, { form: "compact" }));
    await clock.advance(HOUR);
    await asked();
    expect(federations()).toEqual(["compact"]);
  });

  it("is observed as any other server that is asked, with nothing of its URL in the template", async () => {
    const { observed, server, url, directories, asked } = await bench();
    directories.start();
    await asked();
    const host = `localhost:${server.port}`;
    expect(observed).toEqual([{ method: "GET", url, host, template: "{directory}", status: 200 }]);
  });

  it("is fetched over TLS, where the operator's authority may have issued the certificate", async () => {
    const { ca, good } = makeCertificates();
    const trusting = await bench({ tls: good, peers: { "localhost:*": { ca, allowPrivateAddresses: true } } });
    trusting.directories.start();
    await trusting.asked();
    expect(trusting.federations()).toEqual(["good"]);
    const wary = await bench({ tls: good, peers: { "localhost:*": { allowPrivateAddresses: true } } });
    wary.directories.start();
    await wary.asked();
    expect(wary.federations()).toEqual([]);
  });

  it("is asked again when its age is reached, which is between a minute and a day, and an hour where it says nothing (G-65)", async () => {
    const { script, server, clock, directories, asked, federations } = await bench();
    directories.start();
    await asked();
    await clock.advance(HOUR - MINUTE);
    expect(server.requests).toHaveLength(1);
    script.answer = say(signJws(payload("second"), KEY), { "cache-control": "max-age=1" });
    await clock.advance(MINUTE);
    await asked();
    expect(federations()).toEqual(["second"]);
    script.answer = say(signJws(payload("third"), KEY), { "cache-control": "max-age=99999999" });
    await clock.advance(MINUTE);
    await asked();
    expect(federations()).toEqual(["third"]);
    await clock.advance(DAY - MINUTE);
    expect(server.requests).toHaveLength(3);
  });

  const bad: [string, http.RequestListener, RegExp][] = [
    ["is signed with another key", say(signJws(payload("bad"), OTHER)), /not signed with a key that was configured/],
    ["has no algorithm", say(`${Buffer.from('{"alg":"none"}').toString("base64url")}.e30.`), /algorithm "none"/],
    [
      "names a symmetric algorithm",
      say(signJws(payload("bad"), KEY, { header: { alg: "HS256" } })),
      /algorithm "HS256"/,
    ],
    ["is not signed", say(JSON.stringify(payload("bad"))), /not signed: it is no JWS/],
    [
      "has the form of the draft's example",
      say(JSON.stringify({ payload: payload("bad"), protected: { alg: "ES256" }, signature: "..." })),
      /no JWS/,
    ],
    ["is signed, and no directory", say(signJws({ servers: [] }, KEY)), /needs `federation`/],
    ["is signed, and no JSON", say(signJws("text", KEY)), /payload of the JWS is not JSON/],
    ["is a web page", say("<!doctype html>"), /neither a JWS nor JSON/],
    ["is larger than 1 MiB", say(Buffer.alloc(1024 * 1024 + 1, "a")), /more than 1024 KiB/],
    ["redirects", (_, response) => response.writeHead(302, { location: "/other" }).end(), /redirects are not followed/],
    ["answers with an error", (_, response) => response.writeHead(500).end(), /status 500/],
    ["breaks the connection off", (request) => request.destroy(), /cannot be used/],
  ];
  it.each(bad)(
    "that %s leaves the last good copy in place, and is asked again after five minutes (G-64)",
    async (_, answer, sentence) => {
      const { script, clock, logger, directories, asked, federations } = await bench();
      directories.start();
      await asked();
      script.answer = answer;
      await clock.advance(HOUR);
      await asked();
      expect(logger.lines.at(-1)).toMatch(sentence);
      expect(federations()).toEqual(["good"]);
      script.answer = say(signJws(payload("better"), KEY));
      await clock.advance(5 * MINUTE);
      await asked();
      expect(federations()).toEqual(["better"]);
      expect(logger.lines.at(-1)).toBe("The directory can be used again.");
    },
  );

  it.each(bad)("that %s is not taken when it is the first (G-64)", async (_, answer) => {
    const { script, directories, asked, federations } = await bench();
    script.answer = answer;
    directories.start();
    await asked();
    expect(federations()).toEqual([]);
  });

  it("that has been out of reach for a week is no longer used", async () => {
    const { script, clock, directories, asked, federations } = await bench();
    directories.start();
    await asked();
    script.answer = (request) => request.destroy();
    await clock.advance(HOUR);
    await asked();
    await clock.advance(7 * DAY - HOUR - 1000);
    expect(federations()).toEqual(["good"]);
    await clock.advance(1000);
    expect(federations()).toEqual([]);
  });

  it("that does not end is given up after 20 seconds", async () => {
    const { script, clock, logger, directories, asked, server } = await bench();
    script.answer = (_, response) => void response.writeHead(200).write("{");
    directories.start();
    await expect.poll(() => server.requests.length).toBe(1);
    await clock.advance(20_000);
    await asked();
    expect(logger.lines.at(-1)).toMatch(/cannot be used/);
  });

  it("at a private address or without TLS is asked only where the operator permits that", async () => {
    for (const [peers, sentence] of [
      [{ "localhost:*": { allowInsecureHttp: true } }, /address/],
      [{ "localhost:*": { allowPrivateAddresses: true } }, /Plain http is not permitted/],
    ] as const) {
      const { server, logger, directories, asked } = await bench({ peers });
      directories.start();
      await asked();
      expect(logger.lines.at(-1)).toMatch(sentence);
      expect(server.requests).toEqual([]);
    }
  });

  it("may be unsigned where that is allowed by its name, also in the form of the draft's example", async () => {
    const { script, clock, directories, asked, federations } = await bench({
      keys: [],
      dangerouslyAllowUnsigned: true,
    });
    script.answer = say(JSON.stringify(payload("plain")));
    directories.start();
    await asked();
    expect(federations()).toEqual(["plain"]);
    for (const [name, body] of [
      ["example", JSON.stringify({ payload: payload("example"), protected: { alg: "ES256" }, signature: "..." })],
      ["signed", signJws(payload("signed"), OTHER)],
    ] as const) {
      script.answer = say(body);
      await clock.advance(HOUR);
      await asked();
      expect(federations()).toEqual([name]);
    }
  });

  it("is not asked before it is started, nor once it is closed", async () => {
    const { server, clock, directories, asked } = await bench();
    await clock.advance(DAY);
    expect(server.requests).toEqual([]);
    directories.start();
    await asked();
    await directories.close();
    await clock.advance(DAY);
    expect(server.requests).toHaveLength(1);
  });
});

describe("an entry of wayf.directories", () => {
  const url = "https://directory.example/list";
  it.each([
    [{ url }, /needs its public key/],
    [{ url, keys: [] }, /needs its public key/],
    [{ url, keys: Array.from({ length: 17 }, () => KEY.jwk) }, /16 at most/],
    [{ url, keys: ["nonsense"] }, /A key of the directory https:\/\/directory\.example\/list cannot be used/],
    [{ url, keys: [KEY.jwk], dangerouslyAllowUnsigned: true }, /cannot be unsigned as well/],
    [{ url: "file:///etc/passwd", keys: [KEY.jwk] }, /has to be an https URL/],
    [{ url: "javascript:alert(1)", keys: [KEY.jwk] }, /has to be an https URL/],
    [{ url: "https://user:pw@directory.example/", keys: [KEY.jwk] }, /without credentials/],
    [{ url: "directory.example", keys: [KEY.jwk] }, /has to be an https URL/],
  ] as [DirectoryOptions, RegExp][])("that cannot be used is refused at the start: %j", (options, sentence) => {
    expect(() => readDirectory(options)).toThrow(sentence);
  });
});
