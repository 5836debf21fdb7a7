import type { FaultName } from "../faults/faults.ts";
import type { Role, ServerAddress } from "../roles.ts";
import type { Step } from "./steps.ts";

/** What happens to servers and what is between them: all that is beyond a person. It knows no server kind. */
export interface Stage {
  /** Ends a server in order. Nobody answers at its address until it is started again, with what it keeps. */
  stop(server: ServerAddress): Promise<void>;
  /** Ends a server at once, as a power cut does. */
  kill(server: ServerAddress): Promise<void>;
  /** Starts a server that has ended. Its clock is so many milliseconds ahead; behind where negative. */
  start(server: ServerAddress, clockAheadMs?: number): Promise<void>;
  /** From now on each message to each server suffers from this too, beside the fault of the run; null: from nothing more. */
  suffer(fault: FaultName | null): void;
  /** What the operator of a stopped server does to have it sign with a new key. The key signs a day later. */
  rotateKeys(server: ServerAddress): Promise<void>;
  /**
   * Tries to start a stopped server under another origin with the database that it has, which must be refused. Resolves with all that it
   * said. Absent: this stage cannot do that.
   */
  startElsewhere?(server: ServerAddress): Promise<string>;
  /** Gives the endpoints of a stopped server another path, such as "/cloud/ocm", for all its later starts. Absent as above. */
  movePrefix?(server: ServerAddress, prefix: string): Promise<void>;
}

/** Who plays: a person who shares, and one who receives. */
export interface Cast {
  sender: Role;
  receiver: Role;
}

/** What a scenario is given. */
export interface Play extends Cast {
  step: Step;
  stage: Stage;
  /** Contents follow from it. */
  seed: string;
}

/** A named flow through the protocol. */
export interface Scenario {
  /** One line for the list. */
  line: string;
  /** The kind of server that the receiver has to be at; absent: any that does the whole protocol. */
  receiver?: "legacy";
  /** The faults under which it makes no sense, each with the reason. */
  senseless?: Partial<Record<FaultName, string>>;
  /** @throws StepFailed at the first step that does not end as it must */
  play(play: Play): Promise<void>;
}
