import { constantDocument } from "./constant-document.ts";

/** GET of the `jwksUri`. */
export const jwks = constantDocument("jwks", "/ocm/jwks.json");
