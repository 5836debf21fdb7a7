import type { PasswordsApi, PasswordView } from "../../api.ts";
import type { AppPassword } from "../../ports/records.ts";
import type { AppPasswords } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { hashOf, newPassword } from "./password-text.ts";

/** Passwords that one person may have at a time. */
const LIMIT = 100;
const NAME_LIMIT = 100;

/** The app passwords of this server's people. What they open is decided by `authenticatePassword`. */
export function passwordsApi(deps: {
  store: { passwords: AppPasswords };
  system: Pick<System, "now" | "random">;
}): PasswordsApi {
  const { passwords } = deps.store;
  return {
    async create(user, name) {
      const checked = nameOf(name);
      if ((await passwords.ofUser(user)).length >= LIMIT) {
        throw new OcmError("too-many-requests", {
          message: `There are ${LIMIT} app passwords already. Revoke one that is not used any more.`,
        });
      }
      const password = newPassword(deps.system);
      const record: AppPassword = {
        id: deps.system.random("app-password-id", 12).toString("hex"),
        user,
        name: checked,
        hash: hashOf(password),
        createdAt: deps.system.now(),
        lastUsedAt: null,
      };
      // An id of twelve random bytes is not taken; should it be, nothing was written and the person asks again.
      if (!(await passwords.insert(record))) throw new OcmError("unavailable", { retryAfter: 1 });
      return { ...view(record), password };
    },
    list: async (user) => (await passwords.ofUser(user)).map(view),
    async revoke(user, id) {
      if (!(await passwords.remove(user, id))) throw new OcmError("not-found");
    },
  };
}

function view({ id, name, createdAt, lastUsedAt }: AppPassword): PasswordView {
  return { id, name, createdAt, lastUsedAt };
}

/** @throws OcmError invalid-fields */
function nameOf(name: string): string {
  const text = name.trim();
  const fault = nameFault(text);
  if (fault === null) return text;
  throw new OcmError("invalid-fields", { validationErrors: [{ name: "name", message: fault }] });
}

function nameFault(name: string): string | null {
  if (name === "") return "Say which program the password is for.";
  if (name.length > NAME_LIMIT) return `At most ${NAME_LIMIT} characters.`;
  if (/\p{Cc}/u.test(name) || !name.isWellFormed()) return "Control characters and lone surrogates are not accepted.";
  return null;
}
