import { createServer } from "node:net";
import { listen } from "../../server/listen.ts";
import { createPeerBook } from "../peers/book.ts";
import { peersControl } from "../peers/control.ts";
import { PEER_PORTS } from "../peers/names.ts";
import { atEnd, type PeersSettings, PORTS, readSettings } from "./settings.ts";

const ANY = "0.0.0.0";

// The servers that load tests are beside those of the testbed. What they publish comes with each load test.
const { tls, token } = await readSettings<PeersSettings>("peers");
const book = createPeerBook();
await listen(PEER_PORTS.answers, book.listener, { host: ANY, tls });
await listen(PORTS.control, peersControl(book, token), { host: ANY });
// Takes connections and says nothing.
createServer((socket) => socket.on("error", () => undefined)).listen(PEER_PORTS.silent, ANY);
atEnd(async () => undefined);
console.log("The peers of load tests are there");
