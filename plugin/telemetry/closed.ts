interface Closable {
  /** Has `close` been said? Absent where a stream does not tell. */
  readonly closed?: boolean;
  once(event: "close", listener: () => void): unknown;
}

/** Acts once when a stream is closed; at once where it is already, for it does not say so again. */
export function whenClosed(stream: Closable, act: () => void): void {
  if (stream.closed === true) act();
  else stream.once("close", act);
}
