import type { VirtualClock } from "./clock.ts";
import type { Network } from "./network.ts";
import type { PlannedEvent } from "./plan.ts";
import type { VirtualServer } from "./virtual-server.ts";
import type { World } from "./world.ts";

export interface EventDeps {
  clock: VirtualClock;
  network: Network;
  world: World;
  servers: readonly VirtualServer[];
  /** When the simulation began. */
  start: number;
}

/** Lets one planned event happen, and its end if it has one. */
export async function playEvent(
  { clock, network, world, servers, start }: EventDeps,
  event: PlannedEvent,
): Promise<void> {
  await clock.sleep(start + event.at - clock.now());
  switch (event.kind) {
    case "note":
      return;
    case "divide": {
      const sides = new Map(world.federation.sites.map(({ host }, index) => [host, event.sides[index] ?? null]));
      network.divide((host) => sides.get(host) ?? null);
      await clock.sleep(event.until - event.at);
      network.divide(null);
      return;
    }
    case "rotate":
      await servers[event.site]?.ask(({ operator }) => operator.rotateKeys());
      return;
    case "crash": {
      const server = servers[event.site];
      server?.kill();
      await clock.sleep(event.until - event.at);
      await server?.revive();
      return;
    }
  }
}
