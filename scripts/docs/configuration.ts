import ts from "typescript";
import { code, page, table } from "./markdown.ts";

const ABOUT = "The options of `createOcm`, and of the objects in them.";

/**
 * `docs/configuration.md`: one section for each interface of `plugin/options.ts`, one row for each property, from its doc comment.
 * @throws Error if a property has no doc comment
 */
export function configurationPage(source: string): string {
  const tree = ts.createSourceFile("options.ts", source, ts.ScriptTarget.Latest, true);
  const sections = tree.statements.filter(ts.isInterfaceDeclaration).map((each) => section(each, tree));
  return page("Configuration", "plugin/options.ts", ABOUT, ...sections);
}

function section(declaration: ts.InterfaceDeclaration, tree: ts.SourceFile): string {
  const name = declaration.name.text;
  const rows = declaration.members.filter(ts.isPropertySignature).map((member) => row(name, member, tree));
  const parts = [`## ${name}`, docText(declaration), table(["Option", "Type", "Default", "Meaning"], rows)];
  return parts.filter((part) => part !== "").join("\n\n");
}

function row(owner: string, member: ts.PropertySignature, tree: ts.SourceFile): string[] {
  const name = member.name.getText(tree);
  const meaning = docText(member);
  if (meaning === "") throw new Error(`${owner}.${name} has no doc comment.`);
  return [code(name), typeText(member.type?.getText(tree) ?? "unknown"), defaultText(member), meaning];
}

/** A type that has a section of its own here is linked to it. */
function typeText(type: string): string {
  const section = /^(?:Record<string, )?(\w+Options)(?:>|\[\]| \| false)?$/.exec(type)?.[1];
  return section === undefined ? code(type) : `[${code(type)}](#${section.toLowerCase()})`;
}

function docText(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return ts.getTextOfJSDocComment(comment?.comment) ?? "";
}

function defaultText(member: ts.PropertySignature): string {
  if (member.questionToken === undefined) return "required";
  const tag = ts.getJSDocTags(member).find((each) => each.tagName.text === "default");
  const text = ts.getTextOfJSDocComment(tag?.comment)?.trim() ?? "";
  return /^(".*"|\d+|true|false)$/.test(text) ? code(text) : text;
}
