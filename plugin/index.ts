/** koa-ocm: Open Cloud Mesh for any Koa-based file server. This is the only door of the plugin. */
export type * from "./api.ts";
export { createOcm, type Ocm } from "./create-ocm.ts";
export type { KoaContext, KoaMiddleware } from "./endpoints/koa.ts";
export type * from "./events.ts";
export { type FolderOptions, folderFiles } from "./hosts/folder.ts";
export { DatabaseRefused } from "./model/database-refused.ts";
export type * from "./options.ts";
export type { Check, Finding, FindingStatus } from "./peers/diagnose.ts";
export type { KeyView, OperatorApi, PeerView } from "./peers/operator.ts";
export type { PublicJwk } from "./ports/crypto.ts";
export {
  type Host,
  type HostContext,
  type HostEntry,
  type HostFile,
  HostFileError,
  type HostFileFailure,
  type HostFiles,
  type HostHooks,
  type HostPartialFile,
  type HostQuota,
  type HostSession,
  type HostUser,
  type HostUsers,
  type HostWriteOptions,
  type SessionUser,
} from "./ports/host.ts";
export type { Logger } from "./ports/log.ts";
export type {
  AccessState,
  CopyStatus,
  EndedBy,
  Failure,
  IncomingStatus,
  InviteStatus,
  OutgoingStatus,
  Permission,
} from "./ports/records.ts";
export type { Page, PageRequest, Store } from "./ports/store.ts";
export {
  type ConnectPolicy,
  type System,
  TransportError,
  type TransportFailure,
  type TransportRequest,
  type TransportResponse,
} from "./ports/system.ts";
export { type ErrorCode, OcmError, type ValidationError } from "./protocol/errors.ts";
export { machine } from "./system/machine.ts";
