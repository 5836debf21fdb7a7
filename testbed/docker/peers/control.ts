import type { RequestListener } from "node:http";
import { z } from "zod";
import { controlPort } from "../control-port.ts";
import type { PeerBook } from "./book.ts";

const documents = z.record(z.string(), z.record(z.string(), z.string()));

/**
 * The control port of the peers, for the one who has the token: `PUT /documents` sets what they publish, `GET /share?host=HOST&person=NAME`
 * tells what was sent. `GET /healthz` is for anybody.
 */
export function peersControl(book: PeerBook, token: string): RequestListener {
  return controlPort(token, async ({ asked, parameters, json }) => {
    switch (asked) {
      case "PUT /documents":
        book.publish(documents.parse(await json()));
        return { status: 204 };
      case "GET /share":
        return { status: 200, body: book.share(parameters.get("host") ?? "", parameters.get("person") ?? "") ?? null };
      default:
        return { status: 404 };
    }
  });
}
