import { constantDocument } from "./constant-document.ts";

/** GET /.well-known/ocm */
export const discovery = constantDocument("discovery", "/.well-known/ocm");
