import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const DIST = join(__dirname, '..', '..', 'dist');

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

it('a command loads its own module when it runs', () => {
  const fleet = join(__dirname, '..', '..', 'fleets', 'contoso.json');
  expect(foldersLoadedBy(['plan', '--fleet', fleet])).toContain('planning');
});
