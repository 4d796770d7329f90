import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * What each activity may write, read off its source: every function that it can reach through calls and imports, and in those every call
 * of a store's writing method or of a driver's start. A method of a store writes when its own code reaches a writing call on a table.
 */
const ROOT = join(__dirname, '../..');

/** Verbs of activities without an effect, and of those with one (style.md, «Names»). */
const WITHOUT_EFFECT = /^(read|list|probe|look|inspect|choose)[A-Z]/;
const WITH_EFFECT =
  /^(start|record|release|open|collect|settle|close|end|plan|decide|advance|refresh|take)[A-Z]/;

const TABLE_WRITES = new Set(['insert', 'upsert', 'replace', 'remove', 'write', 'commit']);

interface Declarations {
  readonly nodes: ReadonlyMap<string, ts.Node>;
  /** Local name -> the file of activities/ that it comes from, and its name there; null: the whole file. */
  readonly imports: ReadonlyMap<string, readonly [file: string, name: string | null]>;
}

/** The folders of what activities share; no two files of activities/ have one name. */
const SHARED = readdirSync(join(ROOT, 'activities'), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && entry.name !== 'contracts' ? [entry.name] : [],
);
const IN_ACTIVITIES = new RegExp(`^\\.{1,2}/(?:(?:${SHARED.join('|')})/)?(\\w+)$`);

const sourceOf = (file: string, text: string): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);

const textOf = (folder: string, file: string): string => readFileSync(join(ROOT, folder, file), 'utf8');

const parse = (folder: string, file: string): ts.SourceFile => sourceOf(file, textOf(folder, file));

function declarationsOf(source: ts.SourceFile): Declarations {
  const nodes = new Map<string, ts.Node>();
  const imports = new Map<string, readonly [string, string | null]>();
  for (const statement of source.statements) {
    if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name)
      nodes.set(statement.name.text, statement);
    if (ts.isVariableStatement(statement))
      for (const { name, initializer } of statement.declarationList.declarations)
        if (ts.isIdentifier(name) && initializer) nodes.set(name.text, initializer);
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const from = IN_ACTIVITIES.exec(statement.moduleSpecifier.text)?.[1];
    const named = statement.importClause?.namedBindings;
    if (from === undefined || !named) continue;
    if (ts.isNamespaceImport(named)) imports.set(named.name.text, [`${from}.ts`, null]);
    else
      for (const { name, propertyName } of named.elements)
        imports.set(name.text, [`${from}.ts`, (propertyName ?? name).text]);
  }
  return { nodes, imports };
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  node.forEachChild((child) => {
    visit(child, see);
  });
}

/** `etag` in `row.etag` and in `{ etag: … }`, which is no reference to a variable of that name. */
const isMemberName = (node: ts.Identifier): boolean =>
  (ts.isPropertyAccessExpression(node.parent) || ts.isPropertyAssignment(node.parent)) &&
  node.parent.name === node;

const filesOf = (folder: string): string[] =>
  readdirSync(join(ROOT, folder)).filter((file) => file.endsWith('.ts'));

/** `store.method` of every method that writes, by the names that `Services` gives the stores. */
function writingMethods(): ReadonlySet<string> {
  const services = textOf('store', 'repositories.ts');
  const texts = filesOf('store').map((name) => [name, textOf('store', name)] as const);
  const found = new Set<string>();
  for (const [, member = '', type = ''] of services.matchAll(/readonly (\w+): (\w+Store);/g)) {
    const factory = `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
    const [file] = texts.find(([, text]) => text.includes(`export function ${factory}(`)) ?? [];
    if (file === undefined) throw new Error(`No file in store/ has ${factory}.`);
    for (const method of writersIn(parse('store', file), factory)) found.add(`${member}.${method}`);
  }
  return found;
}

/** Functions that stores share. */
function sharedFunctions(): ReadonlyMap<string, ts.Node> {
  const shared = new Map<string, ts.Node>();
  for (const file of filesOf('store'))
    visit(parse('store', file), (node) => {
      if (!ts.isFunctionDeclaration(node) || node.name === undefined) return;
      if (!node.name.text.endsWith('Store')) shared.set(node.name.text, node);
    });
  return shared;
}

const shared = sharedFunctions();

function writersIn(source: ts.SourceFile, factory: string): string[] {
  const locals = new Map<string, ts.Node>(shared);
  const methods = new Map<string, ts.Node>();
  visit(source, (node) => {
    if (ts.isFunctionDeclaration(node) && node.name && node.name.text !== factory)
      locals.set(node.name.text, node);
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      locals.set(node.name.text, node.initializer);
  });
  const body = declarationsOf(source).nodes.get(factory);
  if (body && ts.isFunctionDeclaration(body))
    for (const statement of body.body?.statements ?? [])
      if (ts.isReturnStatement(statement) && statement.expression)
        for (const property of (statement.expression as ts.ObjectLiteralExpression).properties)
          if (property.name && ts.isIdentifier(property.name)) methods.set(property.name.text, property);
  /** What it reaches is walked once, however many ways lead there: `seen` grows through the whole walk. */
  const writes = (node: ts.Node, seen: Set<string>): boolean => {
    let found = false;
    visit(node, (inner) => {
      if (ts.isPropertyAccessExpression(inner) && TABLE_WRITES.has(inner.name.text)) found = true;
      if (!ts.isIdentifier(inner) || isMemberName(inner) || seen.has(inner.text)) return;
      const local = locals.get(inner.text);
      if (local === undefined) return;
      seen.add(inner.text);
      if (writes(local, seen)) found = true;
    });
    return found;
  };
  return [...methods].filter(([, node]) => writes(node, new Set())).map(([name]) => name);
}

const writing = writingMethods();
const verbsOfWriting = new Set([...writing].map((method) => method.split('.')[1] ?? ''));
/** Members of lists, maps and sets, which stores have, too: they count where they are taken of a store by its name. */
const OF_COLLECTIONS = new Set(['add', 'set', 'delete', 'clear', 'push']);
const OUTWARDS = new Set(['wake', 'askHook']);

type Sources = ReadonlyMap<string, Declarations>;

const files = ['activities', ...SHARED.map((folder) => `activities/${folder}`)].flatMap((folder) =>
  filesOf(folder).map((file) => ({ folder, file })),
);
const parsed: Sources = new Map(files.map(({ folder, file }) => [file, declarationsOf(parse(folder, file))]));

/**
 * The effects that a function of activities/ can reach: `outcomes.save`, `driver.startAssessment`. A verb of writing counts whatever name its store
 * goes by there.
 */
function effectsOf(
  file: string,
  name: string,
  sources: Sources = parsed,
  seen = new Set<string>(),
): ReadonlySet<string> {
  const found = new Set<string>();
  const here = sources.get(file);
  const body = here?.nodes.get(name);
  if (here === undefined || body === undefined || seen.has(`${file} ${name}`)) return found;
  seen.add(`${file} ${name}`);
  const reach = (to: string, what: string): void => {
    for (const effect of effectsOf(to, what, sources, seen)) found.add(effect);
  };
  visit(body, (node) => {
    if (ts.isPropertyAccessExpression(node)) {
      const effect = effectOf(node);
      if (effect !== null) found.add(effect);
      const [from, whole] = here.imports.get(node.expression.getText()) ?? [];
      if (from !== undefined && whole === null) reach(from, node.name.text);
    }
    // A destructured method: `const { save } = services.outcomes`.
    if (ts.isBindingElement(node)) {
      const member = (node.propertyName ?? node.name).getText();
      if (isWritingVerb(member)) found.add(`of a store: ${member}`);
    }
    if (!ts.isIdentifier(node)) return;
    const [from, there] = here.imports.get(node.text) ?? [file, node.text];
    if (there !== null) reach(from, there);
  });
  return found;
}

const isWritingVerb = (member: string): boolean =>
  OUTWARDS.has(member) || (verbsOfWriting.has(member) && !OF_COLLECTIONS.has(member));

function effectOf({ expression, name: { text: member } }: ts.PropertyAccessExpression): string | null {
  const owner = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  const effect = `${owner}.${member}`;
  if (writing.has(effect) || /^start\w*(Assessment|Installation)$/.test(member)) return effect;
  return isWritingVerb(member) ? effect : null;
}

const names = [
  ...filesOf('activities/contracts')
    .map((file) => textOf('activities/contracts', file))
    .join('\n')
    .matchAll(/^export const (\w+) = \{\n {2}name: '\1',$/gm),
].map(([, name = '']) => name);

describe('the name of an activity says whether it has an effect', () => {
  test('every activity has a verb of which that is known, and a file of its own', () => {
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !WITHOUT_EFFECT.test(name) && !WITH_EFFECT.test(name))).toEqual([]);
    expect(names.filter((name) => !parsed.has(`${name}.ts`))).toEqual([]);
    expect(parsed.size).toBe(files.length);
  });

  test('what is no activity is in a folder of what it helps with, but for what all of them use', () => {
    const others = filesOf('activities').filter((file) => !names.includes(file.slice(0, -3)));
    expect(others.sort()).toEqual([
      'activities.ts',
      'contracts.ts',
      'services.ts',
      'sideBySide.ts',
      'slices.ts',
      'traces.ts',
    ]);
  });

  test.each(names.filter((name) => WITHOUT_EFFECT.test(name)))(
    '%s writes nothing and starts nothing',
    (name) => {
      expect([...effectsOf(`${name}.ts`, name)]).toEqual([]);
    },
  );

  test.each(names.filter((name) => WITH_EFFECT.test(name)))('%s writes or starts something', (name) => {
    expect([...effectsOf(`${name}.ts`, name)]).not.toEqual([]);
  });

  test('effects are found behind helpers and imports, and in every store', () => {
    expect([...effectsOf('settleClaim.ts', 'settleClaim')].sort()).toEqual([
      'audit.append',
      'operations.put',
      'patches.keepInstalled',
    ]);
    expect([...effectsOf('endRounds.ts', 'endRounds')].sort()).toEqual([
      'agenda.soonest',
      'outcomes.save',
      'rollouts.saveRound',
      'roundQueues.takeRest',
      'secondChances.add',
      'services.wake',
      'waits.take',
    ]);
    expect([...effectsOf('advanceEnablements.ts', 'advanceEnablements')].sort()).toEqual([
      'assessments.schedule',
      'driver.startAssessment',
      'driver.startExtensionInstallation',
      'enablements.writeBatch',
      'inventory.save',
      'kept.keepAssessed',
    ]);
    expect(new Set([...writing].map((method) => method.split('.')[0])).size).toBe(20);
    expect([...writing].filter((method) => /\.(read|list|page|has|history)/.test(method))).toEqual([]);
  });

  test.each([
    ['by another name of the store', 'const kept = services.outcomes; kept.save(id, []);'],
    ['in a class', 'new Saver(services).run();'],
    ['behind an import under another name', 'other(services);'],
    ['behind the import of a whole file', 'helpers.keep(services);'],
    ['by a method that was taken out of its store', 'const { save } = services.outcomes; save(id, []);'],
    ['by the driver under another name', 'const platform = services.driver; platform.startInstallation(id);'],
    ['by waking an orchestration', 'services.wake(id);'],
  ])('are found %s', (_, body) => {
    const probe = `
      import { keep as other } from './helpers';
      import * as helpers from './helpers';
      class Saver { constructor(services) { this.services = services; } run() { this.services.outcomes.save(id, []); } }
      export const probeVm = activity(contract, (services) => { ${body} });`;
    const sources = new Map([
      ['probeVm.ts', declarationsOf(sourceOf('probeVm.ts', probe))],
      [
        'helpers.ts',
        declarationsOf(
          sourceOf('helpers.ts', 'export function keep(services) { services.outcomes.save(id, []); }'),
        ),
      ],
    ]);
    expect(effectsOf('probeVm.ts', 'probeVm', sources).size).toBe(1);
  });
});
