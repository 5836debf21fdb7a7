import { equal } from "../page.ts";
import type { Condition } from "../table.ts";

/**
 * The conditions for what is at a path of a scope (a person, a tree), and for what is below it: one range of the index each,
 * because names such as `/a b` sort between `/a` and `/a/b`. For "/" it is the whole scope.
 */
export function within(scope: Record<string, string>, path: string): Condition[][] {
  if (path === "/") return [equal(scope)];
  return [
    equal({ ...scope, path }),
    [
      ...equal(scope),
      { field: "path", is: ">=", value: `${path}/` },
      // "0" is the character after "/", so the range holds all that begins with the prefix.
      { field: "path", is: "<", value: `${path}0` },
    ],
  ];
}
