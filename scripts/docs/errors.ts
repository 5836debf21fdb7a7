import type { ErrorDefinition } from "../../plugin/protocol/errors.ts";
import { code, page, table } from "./markdown.ts";

const ABOUT = `Every refusal has a stable code. Its body is JSON: \`message\` (a sentence for a person), \`code\`, \`next\` (what to do), \`requestId\` (the same in the
logs of both servers) and, where fields are wrong, \`validationErrors\` with one \`{name, message}\` for each. A status may differ where the
same refusal has another form on the wire: the token endpoint answers with 400 and an OAuth error.`;

const ON_RECORDS = `## On records

Shares, contacts and deliveries keep why something with another server did not work (\`reason\`, \`accessEvidence\`, \`lastError\`), with a code
of the table above or one of these (\`plugin/protocol/reasons.ts\`):`;

/** `docs/errors.md`: all codes with their status, sentence and next step. */
export function errorsPage(
  definitions: readonly ErrorDefinition[],
  reasons: readonly (readonly [code: string, meaning: string])[],
): string {
  const kept = table(
    ["Code", "Meaning"],
    reasons.map(([name, meaning]) => [code(name), meaning]),
  );
  const rows = definitions.map((each) => [code(each.code), String(each.status), each.message, each.next]);
  const refusals = table(["Code", "Status", "Meaning", "What to do"], rows);
  return page("Errors", "plugin/protocol/errors.ts", ABOUT, `${refusals}\n\n${ON_RECORDS}\n\n${kept}`);
}
