/** Why a database is not opened. */
export type DatabaseRefusal =
  /** Another server process works with this SQLite file. */
  | "in-use"
  /** A newer version of this package has written it. */
  | "newer-schema"
  /** It belongs to a server with another origin. */
  | "other-origin"
  /** The URL names no database that can be used. */
  | "bad-url"
  /** The optional package for this database is not installed. */
  | "driver-missing"
  /** It cannot be reached or read. */
  | "unreadable";

/** The database can't be used; the sentence tells the operator why, and what to do. Thrown by `openStore` alone. */
export class DatabaseRefused extends Error {
  readonly code: DatabaseRefusal;

  constructor(code: DatabaseRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DatabaseRefused";
    this.code = code;
  }
}
