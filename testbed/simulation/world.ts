import { dice } from "./random.ts";
import type { Federation } from "./topologies/federation.ts";

/** Somebody at a server. */
export interface Person {
  index: number;
  /** The part of the OCM Address before the `@`. */
  id: string;
  /** Index of the server. */
  site: number;
  /** OCM Address. */
  address: string;
}

/** A federation with its people. */
export interface World {
  federation: Federation;
  people: Person[];
  /** By server. */
  peopleOf: Person[][];
  /** The few people elsewhere with whom somebody shares. */
  circle(person: Person): Person[];
}

/** People elsewhere with whom one person shares. */
const CIRCLE = 4;

/** Spreads the people over the servers, at least one each, in proportion to the weights. */
export function populate(federation: Federation, users: number, seed: string): World {
  const { sites, neighbours } = federation;
  const counts = sites.map(() => 1);
  const weight = sites.reduce((sum, site) => sum + site.weight, 0);
  const left = users - sites.length;
  let given = 0;
  let due = 0;
  for (const [index, site] of sites.entries()) {
    due += (site.weight / weight) * left;
    const more = Math.round(due) - given;
    given += more;
    counts[index] = 1 + more;
  }
  const people: Person[] = [];
  const peopleOf = counts.map((count, site): Person[] =>
    Array.from({ length: count }, () => {
      const id = `person-${people.length + 1}`;
      const person = { index: people.length, id, site, address: `${id}@${sites[site]?.host}` };
      people.push(person);
      return person;
    }),
  );
  const circles = new Map<number, Person[]>();
  return {
    federation,
    people,
    peopleOf,
    circle(person) {
      let circle = circles.get(person.index);
      if (circle === undefined) {
        const { pick } = dice(seed, `circle of ${person.id}`);
        const near = neighbours[person.site] ?? [];
        const picked = Array.from({ length: CIRCLE }, () => pick(peopleOf[pick(near)] ?? []));
        circle = [...new Set(picked)];
        circles.set(person.index, circle);
      }
      return circle;
    },
  };
}
