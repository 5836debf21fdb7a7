import { randomInt } from "node:crypto";
import { count } from "../../testbed/plots/format.ts";
import { rawRequest } from "../bench/generator/raw-request.ts";
import type { Child } from "../bench/process/children.ts";
import { ask } from "./ask.ts";
import type { Figure, ScaleCurve, Scene } from "./curve.ts";
import type { GeneratorCalls } from "./generator.ts";
import { GENERATOR } from "./programs.ts";
import { measureLoads } from "./rounds.ts";
import { type Running, startServer } from "./server.ts";
import { PEERS, peopleAmong } from "./stored/facts.ts";
import { FILLING_MS, fill, NAME, openSite, type Site } from "./stored/site.ts";

const INTAKE = "share intake";
const TOKEN = "token exchange";
const LISTING = "page of received shares";
/** More new shares than this part of the stored ones are taken away again before the next round. */
const NEW_PART = 0.05;
/** Shares of a page, and requests for pages of different people. */
const PAGE = 20;
const PAGES = 2000;
/** Bytes that a stored share takes at the most, with its keys and with what the sort of them needs. */
const BYTES_PER_SHARE = 1200;
const BYTES_BESIDE = 500 * 2 ** 20;

/** Shares that one server with SQLite has stored, half of them sent and half received. */
export const storedShares: ScaleCurve = {
  name: NAME,
  about: "signed intake, token exchange, a page of shares, start and size, by shares stored on SQLite",
  x: "stored shares",
  sizes: [1e3, 1e4, 1e5, 1e6, 1e7],
  sheets: [
    {
      suffix: "",
      title: "What stored shares cost: rates, start, size and memory",
      shows: ({ name, unit }) => unit !== "ms" || name === "start",
    },
    {
      suffix: "-times",
      title: "What stored shares cost: times of answers",
      shows: ({ name, unit }) => unit === "ms" && name !== "start",
    },
  ],
  note:
    `Half sent, half received; 100 shares for each person, ${PEERS} peers. Tokens are for shares of the whole store; a page has the newest ` +
    `${PAGE} shares of somebody. The start leaves out the loading of code.`,
  room: (size) => BYTES_BESIDE + size * BYTES_PER_SHARE,

  async measure(plan, scene) {
    const { children, progress } = scene;
    const site = await openSite(plan.folder, scene);
    const generator = children.start<GeneratorCalls>(`${NAME}: the generator`, GENERATOR);
    for (const [place, size] of plan.sizes.entries()) {
      const fileSize = await fill(site, plan.sizes[place - 1] ?? 0, size, progress);
      const { running, starts } = await startRepeatedly(site, plan.rounds, scene);
      await checkListing(running, size);
      await openLoads(generator, site, running.origin, size);
      const figures = await measureLoads({
        plan,
        generator,
        server: [running.child],
        // What adds shares comes last.
        loads: [LISTING, TOKEN, INTAKE],
        progress: (line) => progress(`${NAME} ${count(size)}: ${line}`),
        async before(load) {
          if (load === LISTING) await site.filler.call("trim", { moreThan: size * NEW_PART }, FILLING_MS);
        },
      });
      await running.child.stop();
      const own: Figure[] = [
        { name: "start", unit: "ms", values: starts },
        { name: "size of the database", unit: "bytes", values: [fileSize] },
      ];
      await scene.found({ size, figures: [...figures, ...own] });
    }
    await Promise.all([generator.stop(), site.players.stop(), site.filler.stop()]);
  },
};

/** The server is up after the last start. */
async function startRepeatedly(
  { folder, port }: Site,
  times: number,
  { children }: Scene,
): Promise<{ running: Running; starts: number[] }> {
  let running = await startServer(children, NAME, folder, port);
  const starts = [running.started];
  while (starts.length < times) {
    await running.child.stop();
    running = await startServer(children, NAME, folder, port);
    starts.push(running.started);
  }
  return { running, starts };
}

/** @throws Error when the first person, who has many, is shown no shares */
async function checkListing({ origin }: Running, size: number): Promise<void> {
  const page = JSON.parse(await ask(pageUrl(origin), 200, { headers: { "x-user": "user0" } }));
  if (page.items.length !== PAGE) throw new Error(`Of ${size} shares, ${page.items.length} were listed.`);
}

async function openLoads(
  generator: Child<GeneratorCalls>,
  { stored: { players } }: Site,
  origin: string,
  size: number,
): Promise<void> {
  const people = peopleAmong(size);
  // Whoever came last has hardly any shares yet.
  const pages = Array.from({ length: PAGES }, () => `user${randomInt(Math.ceil(people / 2))}`);
  await generator.call("open", {
    load: LISTING,
    origin,
    expected: { status: 200, begins: '{"items":[{' },
    source: {
      kind: "several",
      requests: pages.map((user) => rawRequest("GET", pageUrl(origin), { "x-user": user })),
    },
  });
  await generator.call("open", {
    load: TOKEN,
    origin,
    expected: { status: 200, begins: '{"access_token":"ocm_' },
    source: { kind: "tokens", origin, players, stored: size },
  });
  await generator.call("open", {
    load: INTAKE,
    origin,
    expected: { status: 201, begins: '{"recipientDisplayName":"' },
    source: { kind: "shares", origin, players, peers: PEERS, people },
  });
}

function pageUrl(origin: string): string {
  return `${origin}/ocm/api/v1/shares/received?limit=${PAGE}`;
}
