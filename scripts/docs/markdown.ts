/** Says at the top of each generated page where its text comes from. */
export function page(title: string, source: string, ...parts: string[]): string {
  const origin = `<!-- Generated from ${source} by \`npm run docs\`: change it there. -->`;
  return `${[`# ${title}`, origin, ...parts].join("\n\n")}\n`;
}

/** A table in the form of GitHub's Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Text between backquotes. */
export function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
}
