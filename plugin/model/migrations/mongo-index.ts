/** One index to make. */
export interface MongoIndex {
  name: string;
  fields: readonly string[];
  /** A partial index: only documents that this fits. */
  where?: Record<string, unknown>;
}
