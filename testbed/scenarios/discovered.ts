import { z } from "zod";
import { caller } from "../http.ts";
import { entranceOf, type ServerAddress } from "../roles.ts";
import { must } from "./steps.ts";

const document = z.object({
  enabled: z.literal(true),
  apiVersion: z.string(),
  endPoint: z.url(),
  provider: z.string().optional(),
  resourceTypes: z
    .array(z.object({ name: z.string(), protocols: z.object({ webdav: z.string().startsWith("/") }) }))
    .min(1),
  capabilities: z.array(z.string()),
});
const keySet = z.object({ keys: z.array(z.object({ kid: z.string() })).min(1) });

/** What anybody can learn of a server from its two public documents. @throws Error unless both are there and fit together */
export async function discovered(
  server: ServerAddress,
): Promise<{ provider: string; apiVersion: string; keys: number; webdav: string }> {
  const { json } = caller(entranceOf(server));
  const found = document.parse(await json("GET", "/.well-known/ocm"));
  must(new URL(found.endPoint).origin === server.origin, `${server.name} says that it is at ${found.endPoint}.`);
  must(found.capabilities.includes("http-sig"), `${server.name} does not sign.`);
  const { keys } = keySet.parse(await json("GET", "/.well-known/jwks.json"));
  const webdav = found.resourceTypes[0]?.protocols.webdav ?? "";
  return {
    provider: found.provider ?? server.name,
    apiVersion: found.apiVersion,
    keys: keys.length,
    webdav: webdav.endsWith("/") ? webdav : `${webdav}/`,
  };
}
