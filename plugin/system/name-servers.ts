import { Resolver } from "node:dns/promises";

/** Milliseconds for one question, and how often it is asked. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * The IPv4 and IPv6 addresses of a name, asked of the name servers directly. The machine's own resolver has two threads for all names
 * together, and each waits for many seconds for a name server that does not answer; here none is held up, and a silence ends soon.
 * @param servers replaces the machine's name servers; for tests
 * @throws Error with the code of the failure, such as ENOTFOUND, ETIMEOUT, or ECONNREFUSED where this machine has no name server
 */
export async function askNameServers(hostname: string, servers?: string[]): Promise<string[]> {
  const resolver = new Resolver(PATIENCE);
  if (servers !== undefined) resolver.setServers(servers);
  const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = [four, six].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (addresses.length > 0 || four.status === "fulfilled") return addresses;
  throw four.reason;
}
