import type { Shape } from "../shape.ts";
import type { Condition, Query } from "../table.ts";

type Filter = Record<string, unknown>;

/** Makes MongoDB filters of queries for one kind of record. */
export interface Filters {
  /** The name of a field in a document: the key is `_id`. */
  stored(field: string): string;
  filter(query: Query): Filter;
}

const OPERATORS = { "=": "$eq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte" } as const;

export function filtersFor(shape: Pick<Shape<never>, "fields" | "key">): Filters {
  const texts = new Set(shape.fields.filter(({ form }) => form === "text").map(({ name }) => name));
  const stored = (field: string) => (field === shape.key.name ? "_id" : field);

  /** What the condition says about its field. */
  function comparison(one: Condition): Filter {
    switch (one.is) {
      case "present":
        // Word for word the condition of the partial index, else the server does not use it.
        return { $gte: texts.has(one.field) ? "" : 0 };
      case "the word":
        return { $eq: one.value };
      case "null or <=":
        return { $not: { $gt: one.value } };
      default:
        return { [OPERATORS[one.is]]: one.value };
    }
  }

  return {
    stored,
    filter({ where = [], anyOf, order, after }) {
      const fields: Record<string, Filter> = {};
      const demand = (field: string, what: Filter) => {
        const name = stored(field);
        fields[name] = { ...fields[name], ...what };
      };
      for (const one of where) demand(one.field, comparison(one));
      if (anyOf !== undefined) demand(anyOf.field, { $in: anyOf.values });
      if (order === undefined || after === undefined) return fields;
      const [first = shape.key.name] = order.by;
      const beyond = order.descending === true ? "$lt" : "$gt";
      // Follows from the alternatives, but bounds the scan of the index.
      demand(first, { [`${beyond}e`]: after[0] });
      const names = order.by.map(stored);
      return { ...fields, $or: names.map((name, at) => behind(names.slice(0, at), name, beyond, after)) };
    },
  };
}

/** Equal to a place in the first fields, and beyond it in the next. */
function behind(equal: readonly string[], next: string, beyond: string, place: readonly unknown[]): Filter {
  return {
    ...Object.fromEntries(equal.map((name, at) => [name, place[at]])),
    [next]: { [beyond]: place[equal.length] },
  };
}
