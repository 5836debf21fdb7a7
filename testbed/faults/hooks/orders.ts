/** The moments at which a server process can be told to die. */
export type DeathPoint =
  /** A request to a peer: before anything of it is sent, when all of it is, when the head of the answer is there. */
  | "before-message"
  | "after-message"
  | "after-answer"
  /** A request that came in: when its head is there, and when the answer has been handed over. */
  | "on-request"
  | "after-response"
  /** A write of a share, an invite or a contact: before it is made, and when it is durable but nobody knows yet. */
  | "before-commit"
  | "after-commit"
  /** The renaming that makes an upload the file. */
  | "before-rename"
  | "after-rename";

/** Dies by SIGKILL when this is reached. */
export interface Death {
  at: DeathPoint;
  /** Only where the path of the request ends with this, or has it in the middle if it ends with a slash. */
  path?: string;
  /** At which of the occasions from now on. @default 1 */
  nth?: number;
}

/** What can be wrong with the machine below a server for a while. */
export type TroubleKind =
  /** Nothing can be written to the database or to people's files for want of space. */
  | "disk-full"
  /** Every statement fails as on a disk that is gone. */
  | "database-down"
  /** No name can be resolved. */
  | "dns-failure"
  /** The clock shows another time. */
  | "wrong-clock";

/** One time of trouble: it begins at an occasion, such as a write or a lookup, and ends by itself. */
interface Episode {
  /** The number of the occasion, counted from the start of the process or the end of the episode before: 1 is the next. */
  nth: number;
  forMs: number;
}

export interface Trouble {
  kind: TroubleKind;
  episodes: Episode[];
  /** How far the clock is ahead meanwhile, in milliseconds; behind where negative. Only of a wrong clock. */
  aheadMs?: number;
}

/** What a server process is to suffer from now on, in place of all that it was told before. */
export interface Orders {
  deaths?: Death[];
  troubles?: Trouble[];
  /** How far the clock is ahead all the time, in milliseconds; behind where negative. @default 0 */
  aheadMs?: number;
}

/** The process's answer to orders: they are in force. */
export const ARMED = "armed";

/** What it tells when an episode begins. */
export interface Begun {
  begun: TroubleKind;
}

/** What a process that dies on orders has written to standard error as the last thing, before the name of the point. */
export const DEATH_MARK = "died on orders ";
