import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { count } from "../../testbed/plots/format.ts";
import { descriptorLimit } from "../bench/big/measure-big.ts";
import { type Contender, startContender } from "../bench/contender.ts";
import { rawRequest } from "../bench/generator/raw-request.ts";
import { shareAt } from "../bench/open-share.ts";
import type { OpenShare } from "../bench/paths/path.ts";
import { startPeer } from "../bench/peer.ts";
import type { Child } from "../bench/process/children.ts";
import type { OursCalls } from "../bench/servers/ours.ts";
import { type Figure, oneSheet, type Plan, type ScaleCurve, type Scene } from "./curve.ts";
import type { GeneratorCalls, LoadRound } from "./generator.ts";
import { probeUntil } from "./probe.ts";
import { GENERATOR } from "./programs.ts";
import { loadFigures, memoryFigure } from "./rounds.ts";

const NAME = "downloads";
const DOWNLOAD = "files downloaded";
const SMALL = "small file beside them";
const FILE = "one.bin";
const SMALL_FILE = "small.txt";
const SMALL_CONTENT = "A small file.\n";
const SIZE = 2 ** 20;
const BEGINS = "OCM bench ";
/** Descriptors of a process besides those of the downloads. */
const OTHER_DESCRIPTORS = 200;
const WARM_UP = { connections: 16, seconds: 3, requests: 5000 };
/** A download among ten thousand waits long for its turn. */
const PATIENCE_MS = 120_000;
const BYTES = 300 * 2 ** 20;

/** Downloads at the same time. */
export const downloads: ScaleCurve = {
  name: NAME,
  about: "whole files of 1 MiB, and a small file beside them, by downloads at the same time",
  x: "downloads at the same time",
  sizes: [1, 10, 100, 1000, 1e4],
  sheets: oneSheet("What many downloads cost"),
  note: "Files of 1 MiB, each connection asks for the next one at once; another client asks for a small file a hundred times a second at the most. Memory is the most of each round.",
  room: () => BYTES,

  async measure(plan, scene) {
    const { children } = scene;
    const peer = await startPeer();
    try {
      const ours = await startContender(children, peer, {
        name: `${NAME}: the server under test`,
        folder: plan.folder,
      });
      const [server] = ours.processes;
      if (server === undefined) throw new Error("The server under test has no process.");
      await writeFile(join(ours.files, FILE), Buffer.concat([Buffer.from(BEGINS), randomBytes(SIZE - BEGINS.length)]));
      await writeFile(join(ours.files, SMALL_FILE), SMALL_CONTENT);
      const generator = children.start<GeneratorCalls>(`${NAME}: the generator`, GENERATOR);
      const limit = descriptorLimit();
      for (const [place, size] of plan.sizes.entries()) {
        if (size + OTHER_DESCRIPTORS > limit) {
          scene.remark(
            `${count(size)} downloads are left out: a process may open ${count(limit)} files here (ulimit -n), and ` +
              `${count(size + OTHER_DESCRIPTORS)} are needed.`,
          );
          continue;
        }
        const { origin } = ours;
        const share = await shareAt({ server, origin, peer }, "/", ["read"]);
        await openLoad(generator, ours, share);
        if (place === 0) await generator.call("run", { load: DOWNLOAD, ...warmUp(plan) }, PATIENCE_MS);
        await scene.found({ size, figures: await measureSize(size, { ours, server, generator, share }, plan, scene) });
      }
      await Promise.all([ours.stop(), generator.stop()]);
    } finally {
      await peer.close();
    }
  },
};

interface Site {
  ours: Contender;
  server: Child<OursCalls>;
  generator: Child<GeneratorCalls>;
  share: OpenShare;
}

async function openLoad(generator: Child<GeneratorCalls>, { origin }: Contender, share: OpenShare): Promise<void> {
  await generator.call("open", {
    load: DOWNLOAD,
    origin,
    expected: { status: 200, begins: BEGINS },
    source: { kind: "several", requests: [rawRequest("GET", `${origin}${share.path}/${FILE}`, tokenOf(share))] },
  });
}

async function measureSize(size: number, site: Site, plan: Plan, { progress }: Scene): Promise<Figure[]> {
  const { ours, server, generator, share } = site;
  const large: LoadRound[] = [];
  const small: LoadRound[] = [];
  const memory: number[] = [];
  for (let number = 1; number <= plan.rounds; number += 1) {
    await generator.call("connect", { load: DOWNLOAD, connections: size }, PATIENCE_MS);
    await server.call("forgetPeak", null);
    const over = new AbortController();
    const probing = probeUntil(over.signal, {
      url: `${ours.origin}${share.path}/${SMALL_FILE}`,
      headers: tokenOf(share),
      content: SMALL_CONTENT,
      patience: PATIENCE_MS,
    });
    const run = { load: DOWNLOAD, seconds: plan.seconds, atMost: Number.MAX_SAFE_INTEGER, connections: size };
    const within = plan.seconds * 1000 + 2 * PATIENCE_MS;
    const running = generator.call("run", { ...run, patience: PATIENCE_MS }, within).finally(() => over.abort());
    const [round, probed] = await Promise.all([running, probing]);
    large.push(round);
    small.push(probed);
    memory.push((await server.call("held", null)).peak * 2 ** 20);
    progress(
      `${NAME} ${count(size)}: round ${number} of ${plan.rounds}: ${round.perSecond.toFixed(0)}/s, ` +
        `p50 ${round.p50.toFixed(1)} ms; small file p50 ${probed.p50.toFixed(1)} ms`,
    );
  }
  const [, ...times] = loadFigures(SMALL, small);
  return [...loadFigures(DOWNLOAD, large), ...times, memoryFigure(memory)];
}

function warmUp({ seconds, rounds }: Plan) {
  const { connections, requests } = WARM_UP;
  return { connections, atMost: requests, seconds: Math.min(WARM_UP.seconds, seconds * rounds) };
}

function tokenOf({ accessToken }: OpenShare): { authorization: string } {
  return { authorization: `Bearer ${accessToken}` };
}
