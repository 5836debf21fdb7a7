import type { Federation } from "./topologies/federation.ts";

/** Two parts of a federation, by server: whole groups where there are any, else one half of the servers and the other. */
export function halves({ sites }: Federation): number[] {
  const groups = [...new Set(sites.map(({ group }) => group))];
  if (groups.length < 2) return sites.map((_, index) => index % 2);
  return sites.map(({ group }) => groups.indexOf(group) % 2);
}
