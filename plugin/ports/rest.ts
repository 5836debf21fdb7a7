/** How a loop over what is due in the store pauses between two looks at it. */
export interface Rest {
  /** A look begins. What is written from now on may be due before the pause after it is over. */
  looking(): void;
  /**
   * Sleeps until a time, in milliseconds since the Unix epoch, or for as long as nothing is due where it is null; but not so long that what was
   * written meanwhile, by whomever, has to wait. The signal ends it.
   */
  until(time: number | null, signal: AbortSignal): Promise<void>;
}
