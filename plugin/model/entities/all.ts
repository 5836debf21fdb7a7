import { AppPasswordEntity } from "./app-password.ts";
import { ContactEntity } from "./contact.ts";
import { CopyJobEntity } from "./copy-job.ts";
import { IncomingShareEntity } from "./incoming-share.ts";
import { InviteEntity } from "./invite.ts";
import { OutgoingShareEntity } from "./outgoing-share.ts";
import { FolderMarkEntity, LockSetEntity, ResourceNoteEntity } from "./resource-state.ts";
import { CounterEntity, FixedEntity, KeyEntity, LeaseEntity, PeerEntity } from "./server-state.ts";

/** Every entity, the same on SQLite and on MongoDB. */
export const ENTITIES = [
  OutgoingShareEntity,
  IncomingShareEntity,
  InviteEntity,
  ContactEntity,
  PeerEntity,
  KeyEntity,
  LeaseEntity,
  CounterEntity,
  FixedEntity,
  CopyJobEntity,
  LockSetEntity,
  ResourceNoteEntity,
  FolderMarkEntity,
  AppPasswordEntity,
];
