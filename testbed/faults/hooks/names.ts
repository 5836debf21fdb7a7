import { promises as dns } from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { meetsTrouble } from "./occasions.ts";

/** The machine's resolver, and name servers that are asked directly. Addresses are no names. */
export function hookNames(): void {
  const { lookup } = dns;
  const guarded = async (...values: Parameters<typeof lookup>) => {
    if (meetsTrouble("dns-failure")) throw failure("EAI_AGAIN", "getaddrinfo", values[0]);
    return await lookup(...values);
  };
  Object.assign(dns, { lookup: guarded });
  for (const name of ["resolve4", "resolve6"] as const) {
    const resolve = dns.Resolver.prototype[name] as (this: unknown, hostname: string) => Promise<unknown>;
    const query = async function (this: unknown, hostname: string) {
      if (meetsTrouble("dns-failure")) throw failure("ETIMEOUT", "query", hostname);
      return await resolve.call(this, hostname);
    };
    Object.assign(dns.Resolver.prototype, { [name]: query });
  }
  syncBuiltinESMExports();
}

function failure(code: string, syscall: string, hostname: string): Error {
  return Object.assign(new Error(`${syscall} ${code} ${hostname}`), { code, syscall, hostname });
}
