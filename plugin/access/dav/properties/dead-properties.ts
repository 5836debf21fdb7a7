import type { DeadProperty } from "../../../ports/records.ts";

/**
 * What is kept of a resource's dead properties: characters of their XML, and how many. Programs keep a few words; a listing reads those of
 * some hundred files at once, and whoever may write can fill the store with so much for each file.
 */
const CHARACTERS_LIMIT = 16_384;
const PROPERTIES_LIMIT = 100;

/** With this property in place of the one of the same name, or at the end. */
export function withProperty(properties: readonly DeadProperty[], property: DeadProperty): DeadProperty[] {
  const { namespace, name } = property;
  const old = properties.find((candidate) => candidate.namespace === namespace && candidate.name === name);
  return old === undefined
    ? [...properties, property]
    : properties.map((candidate) => (candidate === old ? property : candidate));
}

/** Is there room for all of these at one resource? */
export function fits(properties: readonly DeadProperty[]): boolean {
  const characters = properties.reduce(
    (sum, { namespace, name, xml }) => sum + namespace.length + name.length + xml.length,
    0,
  );
  return properties.length <= PROPERTIES_LIMIT && characters <= CHARACTERS_LIMIT;
}
