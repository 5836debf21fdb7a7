import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  folderFiles,
  type Host,
  type HostContext,
  HostFileError,
  type HostHooks,
  type HostUser,
} from "../../plugin/index.ts";

/** Somebody with an account at a flow server. Tests change these at will. */
export interface Account extends HostUser {
  password: string;
  secondFactor: boolean;
}

/** As small a host as there can be: people in memory, files in a folder, HTTP Basic. */
export interface FlowHost extends Host {
  accounts: Map<string, Account>;
  open(person: { id: string } & Partial<Account>): Promise<Account>;
}

export function flowHost(folder: string, hooks?: HostHooks): FlowHost {
  const accounts = new Map<string, Account>();
  const rootOf = (id: string) => {
    if (!accounts.has(id)) throw new HostFileError("not-found", "There is no such person.");
    return join(folder, Buffer.from(id).toString("hex"));
  };
  return {
    accounts,
    async open(person) {
      const password = randomBytes(12).toString("hex");
      const account: Account = { displayName: `${person.id} by name`, password, secondFactor: false, ...person };
      accounts.set(account.id, account);
      await mkdir(rootOf(account.id), { recursive: true });
      return account;
    },
    users: {
      find: async (id) => accounts.get(id),
      search: async (text, limit) => [...accounts.values()].filter(({ id }) => id.includes(text)).slice(0, limit),
    },
    files: folderFiles(rootOf),
    session: {
      async authenticate(context) {
        const { id, password } = basicOf(context);
        const account = accounts.get(id);
        return account?.password === password ? { id, secondFactor: account.secondFactor } : undefined;
      },
      forgery: ({ headers }) =>
        headers["sec-fetch-site"] === "cross-site" ? "A page of another server caused this request." : null,
    },
    ...(hooks === undefined ? {} : { hooks }),
  };
}

export function basicHeader({ id, password }: { id: string; password: string }): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${password}`).toString("base64")}`;
}

function basicOf({ headers }: HostContext): { id: string; password: string } {
  const text = Buffer.from(String(headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString("utf8");
  const [id = "", password = ""] = text.split(":");
  return { id: decodeURIComponent(id), password };
}
