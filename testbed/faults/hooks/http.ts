import { subscribe } from "node:diagnostics_channel";
import { meetsTrouble, reached } from "./occasions.ts";
import type { DeathPoint } from "./orders.ts";

/** Requests to peers, and requests that come in. */
export function hookHttp(): void {
  const on = (channel: string, point: DeathPoint, pathOf: (message: never) => string | undefined) =>
    subscribe(channel, (message) => reached(point, pathOf(message as never)));
  const outgoing = ({ request }: { request: { path: string } }) => request.path;
  on("undici:request:create", "before-message", outgoing);
  on("undici:request:bodySent", "after-message", outgoing);
  on("undici:request:headers", "after-answer", outgoing);
  const incoming = ({ request }: { request: { url?: string } }) => request.url;
  on("http.server.request.start", "on-request", incoming);
  on("http.server.response.finish", "after-response", incoming);
  for (const channel of ["undici:request:create", "http.server.request.start"]) {
    subscribe(channel, () => void meetsTrouble("wrong-clock"));
  }
}
