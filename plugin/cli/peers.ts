import type { Ocm, PeerView } from "../index.ts";
import type { Command } from "./command.ts";
import { aligned, timeOf } from "./output.ts";

const PAGE = 500;

export const peers: Command = {
  name: "peers",
  operands: "",
  summary: "List the servers that this one has turned to, and their health.",
  flags: {},
  refuse: ({ operands }) => (operands.length === 0 ? null : "peers takes no operands."),
  async run(ocm, _given, out) {
    const rows = [["HOST", "STATE", "LAST ANSWER", "FAILURES", "PROVIDER"]];
    const notes: string[] = [""];
    for await (const peer of allPeers(ocm)) {
      if (out.json) {
        out.object(peer);
        continue;
      }
      rows.push([peer.host, peer.state, timeOf(peer.lastSeenAt), String(peer.failures), peer.provider ?? "–"]);
      notes.push(noteOf(peer));
    }
    if (out.json) return 0;
    if (rows.length === 1) {
      out.line("No other server is known yet.");
      return 0;
    }
    for (const [index, line] of aligned(rows).entries()) {
      out.line(line);
      if (notes[index]) out.line(`  ${notes[index]}`);
    }
    return 0;
  },
};

async function* allPeers(ocm: Ocm): AsyncIterable<PeerView> {
  let after: string | undefined;
  do {
    const page = await ocm.operator.peers({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

function noteOf({ unreachableSince, lastError }: PeerView): string {
  if (lastError === null) return "";
  const since = unreachableSince === null ? "" : `unreachable since ${timeOf(unreachableSince)}: `;
  return `${since}${lastError.message} (${lastError.code})`;
}
