/** The name of a field of a record, or of what is stored beside it. */
export type FieldName = string;

export type Condition =
  | { field: FieldName; is: "=" | "<" | "<=" | ">="; value: string | number }
  /** The field has a value: what the partial indexes hold (`aggregateIndexes`). A text is at least "", a number at least 0. */
  | { field: FieldName; is: "present" }
  /** The field is a word that the code knows, as the condition of a partial index has it. */
  | { field: FieldName; is: "the word"; value: string }
  | { field: FieldName; is: "null or <="; value: number };

/** One bounded read. It has to be answered by an index: see `query-plan.test.ts`. */
export interface Query {
  where?: readonly Condition[];
  /** The field has one of these values. With `order`, the parts are merged in that order. */
  anyOf?: { field: FieldName; values: readonly string[] };
  order?: { by: readonly FieldName[]; descending?: boolean };
  /** Values of the fields in `order`: only what comes after them. */
  after?: readonly (string | number)[];
  limit?: number;
}

/**
 * Records of one kind in one database. Writes go through the one writer of the process and resolve when they are durable.
 * Everything throws OcmError `unavailable` while the database does not answer.
 */
export interface Table<R extends object> {
  get(key: string): Promise<R | undefined>;
  find(query: Query): Promise<R[]>;
  /** A record whose fields have these values: for those that at most one has, by an index. */
  first(values: Readonly<Record<FieldName, string | number>>): Promise<R | undefined>;
  /** How many records fit, at most `limit`. */
  count(where: readonly Condition[], limit: number): Promise<number>;
  /** False: the key is taken. */
  insert(record: R): Promise<boolean>;
  /**
   * Replaces the record with this key, if there is one and, where a version is given, its version is that.
   * @param before the record as it is stored with that version: what is the same need not be written
   */
  update(record: R, version?: number, before?: R): Promise<boolean>;
  /** Inserts or replaces. */
  put(record: R): Promise<void>;
  remove(key: string, version?: number): Promise<boolean>;
  /** Removes all that fit, in bounded batches. After a failure some may be left: do it again. */
  removeAll(where: readonly Condition[]): Promise<void>;
}
