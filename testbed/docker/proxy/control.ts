import type { RequestListener } from "node:http";
import { z } from "zod";
import type { Message } from "../../faults/message.ts";
import { bothPlans, type FaultPlan, faultPlan, NETWORK_FAULT_NAMES } from "../../faults/network.ts";
import type { PeerProxy, Watch } from "../../faults/proxy.ts";
import { controlPort } from "../control-port.ts";

/** Requests at the proxy that are kept; older ones are forgotten. */
const KEPT = 20_000;

type Seen = Parameters<Watch>[0];

/** What a proxy saw, until somebody fetches it. */
export interface Recorder {
  watch: Watch;
  /** Those after the one with this number, which counts from 1. */
  after(number: number): RecordedMessage[];
  clear(): void;
}

/** A message as it goes through the control port: bytes in Base64. */
export interface RecordedMessage extends Omit<Message, "from" | "requestBody" | "responseBody"> {
  requestBody: string;
  responseBody: string;
}

export function recorder(): Recorder {
  let seen: Seen[] = [];
  let forgotten = 0;
  return {
    watch(message) {
      seen.push(message);
      if (seen.length > KEPT) {
        seen.shift();
        forgotten += 1;
      }
    },
    after(number) {
      const start = Math.max(0, number - forgotten);
      return seen.slice(start).map((message, index) => ({
        ...message,
        number: forgotten + start + index + 1,
        requestBody: message.requestBody.toString("base64"),
        responseBody: message.responseBody.toString("base64"),
      }));
    },
    clear() {
      seen = [];
      forgotten = 0;
    },
  };
}

const faultOrder = z.object({ seed: z.string(), faults: z.array(z.enum(NETWORK_FAULT_NAMES)).max(2) });
const certificateOrder = z.object({ key: z.string(), cert: z.string() });

/** What a proxy is told to do to messages: each fault anew from its seed. */
export type FaultOrder = z.infer<typeof faultOrder>;

/**
 * The control port of a proxy, for the one who has the token: `GET /messages?after=NUMBER`, `DELETE /messages`, `PUT /fault`,
 * `PUT /certificate`. `GET /healthz` is for anybody.
 */
export function control(proxy: PeerProxy, record: Recorder, token: string): RequestListener {
  return controlPort(token, async ({ asked, parameters, json }) => {
    switch (asked) {
      case "GET /messages":
        return { status: 200, body: record.after(Number(parameters.get("after") ?? 0)) };
      case "DELETE /messages":
        record.clear();
        return { status: 204 };
      case "PUT /fault": {
        const { seed, faults } = faultOrder.parse(await json());
        proxy.suffer(faults.reduce<FaultPlan | null>((plan, name) => bothPlans(plan, faultPlan(name, seed)), null));
        return { status: 204 };
      }
      case "PUT /certificate":
        proxy.show(certificateOrder.parse(await json()));
        return { status: 204 };
      default:
        return { status: 404 };
    }
  });
}
