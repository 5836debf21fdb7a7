import { Readable } from "node:stream";
import { encodedPath } from "../http.ts";
import { eventually } from "../scenarios/steps.ts";
import { type Account, basicHeader, type FlowHost } from "./host.test-helper.ts";
import { type Answer, exchange } from "./http.test-helper.ts";

interface Reason {
  code: string;
  message: string;
  status: number | null;
}

interface Delivery {
  type: string;
  detail: string;
  attempts: number;
  parked: boolean;
  nextAttemptAt: string | null;
  lastError: Reason | null;
  requestId: string;
}

export interface Invite {
  id: string;
  status: string;
  invite: string;
  token: string;
  link: string | null;
  acceptedBy: { address: string; name: string } | null;
}

export interface Contact {
  id: string;
  address: string | null;
  name: string;
  email: string;
  status: string;
  reason: Reason | null;
}

export interface SentShare {
  id: string;
  path: string;
  status: string;
  strict: boolean;
  reason: Reason | null;
  recipientDisplayName: string | null;
  deliveries: Delivery[];
}

export interface ReceivedShare {
  id: string;
  name: string;
  resourceType: string;
  sender: string;
  status: string;
  endedBy: string | null;
  access: string;
  accessEvidence: Reason | null;
  warnings: string[];
  permissions: string[];
  requirements: string[];
  deliveries: Delivery[];
}

/** Somebody with an account, and what they do over the user API. Methods throw where the answer is no success; `ask` does not. */
export interface Person {
  id: string;
  /** OCM Address. */
  address: string;
  account: Account;
  ask(method: string, path: string, json?: unknown, headers?: Record<string, string>): Promise<Answer>;
  invite(options?: object): Promise<Invite>;
  invites(): Promise<Invite[]>;
  acceptInvite(invite: string | { token: string; provider: string }): Promise<Contact>;
  contacts(): Promise<Contact[]>;
  /** Resolves when the other server was asked once. */
  share(path: string, shareWith: string, more?: object): Promise<SentShare>;
  sent(id: string): Promise<SentShare>;
  allSent(): Promise<SentShare[]>;
  unshare(id: string): Promise<SentShare>;
  received(): Promise<ReceivedShare[]>;
  receivedShare(id: string): Promise<ReceivedShare>;
  /** Resolves when the owner was told. */
  acceptShare(id: string): Promise<ReceivedShare>;
  decline(id: string): Promise<ReceivedShare>;
  leave(id: string): Promise<ReceivedShare>;
  /** The answer to a GET of what is at a path of a received share. */
  open(id: string, path?: string): Promise<Answer>;
  write(id: string, path: string, text: string): Promise<Answer>;
  /** Makes an own file. */
  put(path: string, text: string): Promise<void>;
  own(path: string): Promise<string>;
}

export function person(account: Account, server: { origin: string; host: string }, files: FlowHost["files"]): Person {
  const api = `${server.origin}/ocm/api/v1`;
  const ask: Person["ask"] = (method, path, json, headers = {}) =>
    exchange({
      method,
      url: `${api}${path}`,
      headers: {
        authorization: basicHeader(account),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: typeof json === "string" ? json : JSON.stringify(json) }),
    });
  const must = async <T>(method: string, path: string, json?: unknown): Promise<T> => {
    const answer = await ask(method, path, json);
    if (answer.status >= 300) throw new Error(`${method} ${path} was answered with ${answer.status}: ${answer.text}`);
    return answer.json as T;
  };
  const all = async <T>(path: string): Promise<T[]> => (await must<{ items: T[] }>("GET", `${path}?limit=1000`)).items;
  const received = (id: string) => `/shares/received/${encodeURIComponent(id)}`;

  return {
    id: account.id,
    address: `${account.id}@${server.host}`,
    account,
    ask,
    invite: (options = {}) => must("POST", "/invites", options),
    invites: () => all("/invites"),
    acceptInvite: (invite) => must("POST", "/contacts", typeof invite === "string" ? { invite } : invite),
    contacts: () => all("/contacts"),
    async share(path, shareWith, more = {}) {
      const { id } = await must<SentShare>("POST", "/shares/sent", { path, shareWith, ...more });
      // On a busy machine the two seconds in which the peer's verdict is waited for may be too short.
      return eventually("the first attempt to share", async () => {
        const share = await must<SentShare>("GET", `/shares/sent/${id}`);
        return share.status !== "announcing" || share.deliveries.some(({ attempts }) => attempts > 0)
          ? share
          : undefined;
      });
    },
    sent: (id) => must("GET", `/shares/sent/${id}`),
    allSent: () => all("/shares/sent"),
    unshare: (id) => must("DELETE", `/shares/sent/${id}`),
    received: () => all("/shares/received"),
    receivedShare: (id) => must("GET", received(id)),
    async acceptShare(id) {
      await must("POST", `${received(id)}/accept`);
      return eventually("the word of the acceptance", async () => {
        const share = await must<ReceivedShare>("GET", received(id));
        return share.deliveries.length === 0 || share.deliveries.some(({ attempts }) => attempts > 0)
          ? share
          : undefined;
      });
    },
    decline: (id) => must("POST", `${received(id)}/decline`),
    leave: (id) => must("DELETE", received(id)),
    open: (id, path = "") => ask("GET", `${received(id)}/content/${encodedPath(path)}`),
    write: (id, path, text) =>
      ask("PUT", `${received(id)}/content/${encodedPath(path)}`, text, { "content-type": "text/plain" }),
    async put(path, text) {
      const folders = path.split("/").slice(1, -1);
      for (const depth of folders.keys()) {
        await files.mkdir(account.id, `/${folders.slice(0, depth + 1).join("/")}`).catch(() => undefined);
      }
      await files.write(account.id, path, Readable.from([Buffer.from(text)]));
    },
    async own(path) {
      const chunks: Buffer[] = [];
      const file = await files.open(account.id, path);
      for await (const chunk of file.read()) chunks.push(chunk);
      await file.close();
      return Buffer.concat(chunks).toString("utf8");
    },
  };
}
