import type { Call, Reply, Route } from "../endpoints/route.ts";
import { OcmError } from "../protocol/errors.ts";
import { acceptDialogUrl } from "../protocol/invite.ts";
import { chosenServer } from "./wayf-choice.ts";
import { askPage, noDialogPage, type Question, type WayfScene, wayfProblemPage } from "./wayf-pages.ts";

/** The page to which invite links lead, below the prefix. */
export const WAYF_PATH = "/wayf";

export interface WayfDeps extends Omit<WayfScene, "action"> {
  /** Prefix of the routes as a browser sees it. */
  prefix: string;
  /** Lets the question of a visitor in. @throws OcmError too-many-requests */
  enter(call: Call): { leave(): void };
  /**
   * Where the server has its page for invites: an absolute URL on that server, or null where it has none.
   * @throws OcmError peer-unreachable, peer-not-allowed, peer-incompatible
   */
  dialogOf(host: string, requestId: string): Promise<string | null>;
}

/** Tokens of this server have 43 of these signs. What has another form was cut or changed on its way. */
const TOKEN = /^[A-Za-z0-9_-]{16,256}$/;
const FORM_LIMIT = 4 * 1024;

/**
 * The WAYF page (draft section 4.4.3, INV-17 to INV-20, DISC-48), for people who have no account here. It changes nothing, works without
 * scripts, and never looks a token up: so it says nothing of one, and there is nothing that a forged form could do in somebody's name.
 */
export function wayfRoutes(deps: WayfDeps): Route[] {
  const scene: WayfScene = { ...deps, action: `${deps.prefix}${WAYF_PATH}` };
  const questions = new WeakMap<OcmError, Question>();
  const row = {
    base: "prefix",
    path: WAYF_PATH,
    access: { kind: "open" },
    feature: "wayf",
    capability: "invite-wayf",
    reference: "draft section 4.4.3, WAYF page",
    refuse: (error: OcmError, requestId: string) => wayfProblemPage(scene, error, requestId, questions.get(error)),
  } as const;
  return [
    {
      ...row,
      method: "GET",
      body: { kind: "none" },
      summary: "The page of an invite link, which asks people which server they are from",
      handle: async (call) => askPage(scene, tokenIn(call.query)),
    },
    {
      ...row,
      method: "POST",
      body: { kind: "form", limit: FORM_LIMIT },
      summary: "The form of that page: finds the server's page for invites, and leads there",
      async handle(call) {
        const token = tokenIn(call.form);
        const text = call.form.get("server")?.slice(0, 1024) ?? "";
        try {
          return await lead(deps, scene, call, { token, text });
        } catch (error) {
          // The refusal is shown with the form again.
          if (error instanceof OcmError) questions.set(error, { token, text: text.trim() });
          throw error;
        }
      },
    },
  ];
}

async function lead(deps: WayfDeps, scene: WayfScene, call: Call, { token, text }: Question): Promise<Reply> {
  const from = call.headers["sec-fetch-site"];
  if (from !== undefined && from !== "same-origin" && from !== "none") {
    throw new OcmError("forgery-check", { message: "The form was sent by another site." });
  }
  const host = chosenServer(text, deps.servers, deps.ownHost);
  const visit = deps.enter(call);
  try {
    const dialog = await deps.dialogOf(host, call.requestId);
    if (dialog === null) return noDialogPage(scene, token, host);
    return {
      status: 303,
      headers: {
        location: acceptDialogUrl(dialog, token, deps.ownHost),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
      },
      body: null,
    };
  } finally {
    visit.leave();
  }
}

/** Says nothing of whether there is such an invite: only whether it could be one. */
function tokenIn(fields: URLSearchParams): string {
  const token = fields.get("token") ?? "";
  if (token === "") throw new OcmError("invite-malformed", { message: "This link carries no invite." });
  if (!TOKEN.test(token)) throw new OcmError("invite-malformed", { message: "This link is not complete." });
  return token;
}
