import { planOf } from "../world-plan.ts";
import { type Order, processOf, type Word } from "./messages.ts";
import { createPlayer, type Player } from "./player.ts";
import { openRealServer, type RealServer } from "./servers.ts";

/** One process of a real-time run: some of the servers, and the people on them. It ends when whoever started it is gone. */
const STANDS_EVERY = 250;

const own = new Map<number, RealServer>();
let player: Player | undefined;

function say(word: Word): void {
  process.send?.(word);
}

async function obey(order: Order): Promise<void> {
  switch (order.type) {
    case "open": {
      const { world, plan } = planOf(order.settings);
      const sites = [...world.federation.sites.keys()].filter(
        (site) => processOf(site, order.processes) === order.process,
      );
      for (const site of sites) own.set(site, await openRealServer());
      player = createPlayer(plan.shares, own);
      say({ type: "opened", hosts: [...own].map(([site, { host }]) => [site, host]) });
      return;
    }
    case "begin":
      player?.begin(order.hosts);
      setInterval(() => {
        const { user, system } = process.cpuUsage();
        const rssMiB = Math.round(process.memoryUsage.rss() / 1024 ** 2);
        if (player !== undefined)
          say({ type: "stands", ...player.stands(), cpuMs: Math.round((user + system) / 1000), rssMiB });
      }, STANDS_EVERY).unref();
      return;
    case "end":
      await Promise.all([...own.values()].map((server) => server.close()));
      process.exit(0);
  }
}

// Ctrl-C in a terminal reaches every process; the one that started this one says when it ends.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(1));
process.on("message", (order: Order) => {
  obey(order).catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  });
});
