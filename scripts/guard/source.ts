import ts from "typescript";

/** One fault: where it is and what is wrong, in one sentence. */
export interface Finding {
  /** Path from the root of the tree, with forward slashes. */
  file: string;
  /** Counted from 1. */
  line: number;
  message: string;
}

/** One TypeScript file of the tree that is checked. */
export interface Source {
  path: string;
  tree: ts.SourceFile;
}

/** One import, re-export, `import()` or type query of a file. */
export interface Import {
  specifier: string;
  line: number;
  /** It is erased when types are stripped. */
  typeOnly: boolean;
  /** It is an `import()` expression, so what it names need not be installed. */
  dynamic: boolean;
  /** Names that are imported as values; null stands for the whole module. */
  values: string[] | null;
}

/** Parses one file. Only the syntax is looked at, so the tree that is checked needs no installed packages. */
export function parseSource(path: string, text: string): Source {
  return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
}

/** Line of a node, counted from 1. */
export function lineOf(source: Source, node: ts.Node): number {
  return source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;
}

/** Tests, and what only tests import: none of it is in the package. */
export function isTestFile(path: string): boolean {
  return /\.(test|test-helper)\.ts$|\/fixtures\//.test(path);
}

/** All imports of a file, wherever in it they stand. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, rest: Omit<Import, "specifier" | "line">) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    found.push({ specifier: specifier.text, line: lineOf(source, node), ...rest });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const values = importedValues(node.importClause);
      add(node, node.moduleSpecifier, { typeOnly: values?.length === 0, dynamic: false, values });
    } else if (ts.isExportDeclaration(node)) {
      const values = exportedValues(node);
      add(node, node.moduleSpecifier, { typeOnly: values?.length === 0, dynamic: false, values });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, { typeOnly: true, dynamic: false, values: [] });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], { typeOnly: false, dynamic: true, values: null });
    }
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return found;
}

function importedValues(clause: ts.ImportClause | undefined): string[] | null {
  if (clause === undefined) return null;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || ts.isNamespaceImport(bindings)) return null;
  return valueNames(bindings.elements);
}

function exportedValues(declaration: ts.ExportDeclaration): string[] | null {
  if (declaration.isTypeOnly) return [];
  const clause = declaration.exportClause;
  if (clause === undefined || ts.isNamespaceExport(clause)) return null;
  return valueNames(clause.elements);
}

function valueNames(elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[]): string[] {
  return elements.filter((each) => !each.isTypeOnly).map((each) => (each.propertyName ?? each.name).text);
}
