import type Router from "@koa/router";
import type { Ocm } from "../../plugin/index.ts";
import type { TestbedHost } from "./host.ts";
import { refuse } from "./refusal.ts";

/** How many of the last events are kept. */
const KEPT = 1000;

/** One event of the plugin, as the demo shows it. */
export interface FeedItem {
  /** Ascending. */
  seq: number;
  at: number;
  kind: "decision" | "delivery";
  /** Of a decision its name; of a delivery its type and detail, such as `notification SHARE_ACCEPTED`. */
  name: string;
  record: string;
  peer: string | null;
  /** Of a delivery: what came of it. */
  outcome: string | null;
  requestId: string | null;
}

/**
 * `GET /events?after=SEQ`: what the plugin decided and delivered lately, oldest first, so that a demo can show it. Any person of
 * the demo server may read it; a real server would give it to operators only.
 */
export function eventFeed(router: Router, host: TestbedHost, ocm: Ocm): void {
  const items: FeedItem[] = [];
  let seq = 0;
  const add = (item: Omit<FeedItem, "seq" | "at">): void => {
    seq += 1;
    items.push({ seq, at: Date.now(), ...item });
    items.splice(0, items.length - KEPT);
  };
  ocm.events.on("decision", ({ name, record, peer, requestId }) => {
    add({ kind: "decision", name, record, peer, outcome: null, requestId });
  });
  ocm.events.on("delivery", ({ type, detail, record, to, outcome, requestId }) => {
    add({ kind: "delivery", name: `${type} ${detail}`.trim(), record, peer: to, outcome, requestId });
  });

  router.get("/events", async (ctx) => {
    if (!(await host.session.authenticate(ctx))) {
      refuse(401, "Log in first.");
    }
    const after = Number(new URLSearchParams(ctx.querystring).get("after") ?? 0);
    ctx.body = { items: items.filter((item) => item.seq > after) };
  });
}
