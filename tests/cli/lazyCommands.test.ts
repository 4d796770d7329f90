import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const DIST = join(ROOT, 'dist');

interface Swcrc {
  readonly module: { readonly lazy: readonly string[] };
}

/** The folders of dist/ from which a command line loads modules, of the app that was built. */
function foldersLoadedBy(args: readonly string[]): string[] {
  const script = `
    process.stdout.write = () => true;
    require('./cli/program.js').runCli(${JSON.stringify(args)}).then(() => {
      require('node:fs').writeSync(1, JSON.stringify(Object.keys(require.cache)));
    });`;
  const printed = execFileSync(process.execPath, ['-e', script], { cwd: DIST, encoding: 'utf8' });
  const modules = (JSON.parse(printed) as string[]).filter((file) => file.startsWith(DIST));
  return [...new Set(modules.map((file) => file.slice(DIST.length + 1).split(/[\\/]/)[0] ?? ''))].sort();
}

it('help loads the parser and the option values, but none of the commands, so that it is there at once', () => {
  expect(foldersLoadedBy(['plan', '--help'])).toEqual(['cli', 'domain', 'local']);
});

it('every module of the list is imported by that name: one that was renamed would be loaded at once', () => {
  const lazy = (JSON.parse(readFileSync(join(ROOT, '.swcrc'), 'utf8')) as Swcrc).module.lazy;
  const sources = [
    'cli',
    'composition',
    'notifications',
    'operatorApi',
    'lab',
    'local',
    'emulator',
    'drivers',
  ].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
  );
  expect(lazy.length).toBeGreaterThan(20);
  expect(lazy.filter((name) => !sources.some((text) => text.includes(`from '${name}'`)))).toEqual([]);
});

it('a command loads its own module when it runs', () => {
  const fleet = join(__dirname, '..', '..', 'fleets', 'contoso.json');
  expect(foldersLoadedBy(['plan', '--fleet', fleet])).toContain('planning');
});
