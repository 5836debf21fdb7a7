import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Finding } from "../../plugin/index.ts";
import type { Message } from "../faults/message.ts";
import { readConfig } from "../server/config.ts";
import { closeServers, listen } from "../server/listen.ts";
import { watchOutgoing } from "./outgoing.ts";
import { createReferenceApp } from "./reference-app.ts";
import {
  REFERENCE_VARIABLE,
  type ReferenceMessage,
  type ReferenceSettings,
  type WireMessage,
} from "./reference-message.ts";

/** Milliseconds that the end may take before the process leaves anyway. */
const LONGEST_END_MS = 5000;
const KEY_SETS = new Set(["/.well-known/jwks.json", "/ocm/jwks.json"]);

/**
 * The reference server as a process. Peers come in by a proxy; its people, and the command that has started it, by a door on loopback, at
 * which one can also read what it said to peers. It ends on SIGTERM and when the process that started it is gone.
 */
async function main(): Promise<void> {
  const config = await readConfig(undefined, process.env);
  const settings = JSON.parse(process.env[REFERENCE_VARIABLE] ?? "") as ReferenceSettings;
  const outgoing = watchOutgoing();
  const app = await createReferenceApp(config, settings.federating);

  const diagnosis = async (): Promise<Finding[]> => {
    const findings: Finding[] = [];
    for await (const finding of app.diagnose(settings.peer)) findings.push(finding);
    return findings;
  };
  const control: RequestListener = (req, res) => {
    if (req.url === `/${settings.door}/messages`) return json(res, outgoing.map(wired));
    if (req.url === `/${settings.door}/diagnosis`) {
      diagnosis().then(
        (findings) => json(res, findings),
        () => res.destroy(),
      );
      return;
    }
    app.listener(req, res);
  };
  const inside = await listen(0, control, { host: "127.0.0.1" });

  // The checks sign with a key of their own, which is published beside those of the plugin.
  const keySet = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const own = await fetch(`http://127.0.0.1:${inside.port}${req.url}`);
    const { keys } = (await own.json()) as { keys: unknown[] };
    res.setHeader("content-type", "application/jwk-set+json");
    res.end(JSON.stringify({ keys: [...keys, settings.jwk] }));
  };
  const outside = await listen(0, (req, res) => {
    if (req.method === "GET" && KEY_SETS.has(req.url ?? "")) keySet(req, res).catch(() => res.destroy());
    else app.listener(req, res);
  });

  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), LONGEST_END_MS).unref();
    await closeServers([...outside.servers, ...inside.servers], 200);
    await app.close();
    process.exit(0);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", () => undefined);
  process.on("disconnect", end);
  process.send?.({ type: "ready", port: outside.port, doorPort: inside.port } satisfies ReferenceMessage);
}

function json(res: ServerResponse, value: unknown): void {
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify(value));
}

function wired(message: Message): WireMessage {
  const { requestBody, responseBody, ...rest } = message;
  return { ...rest, requestBody: requestBody.toString("base64"), responseBody: responseBody.toString("base64") };
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
