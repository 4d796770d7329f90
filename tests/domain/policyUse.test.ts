import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { Policy } from '../../domain/policy';

const ROOT = join(__dirname, '../..');
const FOLDERS = [
  'domain',
  'planning',
  'activities',
  'orchestrations',
  'entities',
  'operatorApi',
  'store',
  'armApi/patching',
];

/** What policy adds to the table of regions is learnt when the app starts. */
const LEARNS_REGIONS = 'composition/compose.ts';

/** Members that some line of the app takes out of an object: `policy.key`, or `{ key } = …` and `({ key }) => …`. */
function membersRead(): ReadonlySet<string> {
  const read = new Set<string>();
  const see = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) read.add(node.name.text);
    if (ts.isBindingElement(node)) read.add((node.propertyName ?? node.name).getText());
    node.forEachChild(see);
  };
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`),
  );
  for (const file of [...files.filter((name) => name.endsWith('.ts')), LEARNS_REGIONS])
    see(ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ES2022, true));
  return read;
}

test('every key of the policy is used: no setting promises what nothing obeys', () => {
  const read = membersRead();
  expect(read.has('setHealthPollSeconds')).toBe(false); // was promised once, and obeyed by nothing
  expect(Object.keys(Policy.shape).filter((key) => !read.has(key))).toEqual([]);
});
