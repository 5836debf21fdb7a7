import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

const JSON_TYPE = { "content-type": "application/json" };
/** Longest message of a server that is read. */
const LONGEST_MESSAGE = 64 * 1024;

/** A share that a peer was sent. */
export interface ArrivedShare {
  providerId: string;
  sharedSecret: string;
  /** Its address, or what of it follows the address of all of them. */
  uri: string;
}

/** What peers publish and were sent, as far as load tests need it: they take every share and every notification. */
export interface PeerBook {
  /** Sets what each host publishes, by path. What was before is forgotten, and so are the shares. */
  publish(documents: Record<string, Record<string, string>>): void;
  /** The newest share that the peer at this host was sent for a person. */
  share(host: string, person: string): ArrivedShare | undefined;
  /** All of these peers as one web server, told apart by the header `Host`. */
  listener: RequestListener;
}

export function createPeerBook(): PeerBook {
  let documents: Record<string, Record<string, string>> = {};
  const shares = new Map<string, ArrivedShare>();
  const keyOf = (host: string, person: string): string => `${host} ${person}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "" } = request;
    const { host = "" } = request.headers;
    const document = documents[host]?.[url];
    if (method === "GET" && document !== undefined) {
      response.writeHead(200, JSON_TYPE).end(document);
    } else if (method === "POST" && url === "/ocm/shares" && host in documents) {
      const share = JSON.parse(await textOf(request));
      const { sharedSecret, uri } = share.protocol.webdav;
      shares.set(keyOf(host, share.shareWith.split("@")[0]), { providerId: share.providerId, sharedSecret, uri });
      response.writeHead(201, JSON_TYPE).end('{"recipientDisplayName":"A person"}');
    } else if (method === "POST" && url === "/ocm/notifications" && host in documents) {
      await textOf(request);
      response.writeHead(201, JSON_TYPE).end("{}");
    } else {
      response.writeHead(404).end();
    }
  }

  return {
    publish(given) {
      documents = given;
      shares.clear();
    },
    share: (host, person) => shares.get(keyOf(host, person)),
    listener: (request, response) => {
      answer(request, response).catch(() => response.writeHead(400).end());
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > LONGEST_MESSAGE) throw new Error("The message is too long.");
  }
  return text;
}
