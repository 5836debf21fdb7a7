import type { ErrorDefinition } from "../../plugin/protocol/errors.ts";
import { code, page, table } from "./markdown.ts";

const ABOUT = `Every refusal has a stable code. Its body is JSON: \`message\` (a sentence for a person), \`code\`, \`requestId\` (the same in the
logs of both servers) and, where fields are wrong, \`validationErrors\` with one \`{name, message}\` for each. A status may differ where the
same refusal has another form on the wire: the token endpoint answers with 400 and an OAuth error.`;

/** `docs/errors.md`: all codes with their status, sentence and next step. */
export function errorsPage(definitions: readonly ErrorDefinition[]): string {
  const rows = definitions.map((each) => [code(each.code), String(each.status), each.message, each.next]);
  return page("Errors", "plugin/protocol/errors.ts", ABOUT, table(["Code", "Status", "Meaning", "What to do"], rows));
}
