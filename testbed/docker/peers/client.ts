import { caller } from "../../http.ts";
import type { ArrivedShare } from "./book.ts";

/** The peers in their container, told what they are from outside. */
export interface PeersClient {
  /** Sets what each host publishes, by path; shares of before are forgotten. */
  publish(documents: Record<string, Record<string, string>>): Promise<void>;
  /** The newest share that the peer at this host was sent for a person; null: none. */
  share(host: string, person: string): Promise<ArrivedShare | null>;
}

export function peersClient(port: number, token: string): PeersClient {
  const { json } = caller(`http://127.0.0.1:${port}`);
  const headers = { authorization: `Bearer ${token}` };
  return {
    async publish(documents) {
      await json("PUT", "/documents", { json: documents, headers });
    },
    // The other side is this same version of this code.
    share: async (host, person) =>
      (await json("GET", `/share?${new URLSearchParams({ host, person })}`, { headers })) as ArrivedShare | null,
  };
}
