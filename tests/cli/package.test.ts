import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { asTyped } from '../../cli/asTyped';
import { repository } from '../emulator/support/nativeHost';

type Versions = Readonly<Record<string, string>>;
const { dependencies, peerDependencies, devDependencies } = JSON.parse(
  readFileSync(join(repository, 'package.json'), 'utf8'),
) as Readonly<Record<'dependencies' | 'peerDependencies' | 'devDependencies', Versions>>;

/** What only commands on a machine load: the app in the cloud has none of it. */
const OF_COMMANDS = ['cli', 'local', 'emulator', 'audit', 'fleets'];
const OF_DEVELOPERS = ['lab', 'web'];

function packagesLoadedBy(folder: string): Set<string> {
  const found = new Set<string>();
  for (const file of readdirSync(join(repository, 'dist', folder), { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.js')) {
      const text = readFileSync(join(repository, 'dist', folder, file), 'utf8');
      for (const [, name = ''] of text.matchAll(
        /(?:require(?:\.resolve)?|import)\("((?:@[^/"]+\/)?[^./"][^/"]*)[^"]*"\)/g,
      ))
        if (!name.startsWith('node:')) found.add(name);
    }
  return found;
}

describe('lowtide, installed from its package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-package-'));
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'lowtide');
  beforeAll(() => {
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      cwd: repository,
    });
    const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['xzf', join(folder, tarball), '-C', installed, '--strip-components', '1']);
    // What npm would install beside it, and nothing else.
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(repository, 'node_modules', name), join(modules, name));
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const typed = (...args: readonly string[]): { status: number | null; out: string; err: string } => {
    const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      bin: { lowtide: string };
    };
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(installed, bin.lowtide), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_PATH: '' },
    });
    return { status, out: stdout, err: stderr };
  };

  it('ships what its commands need, and neither sources nor tests nor what only developers of Lowtide run', () => {
    for (const file of ['dist/cli/lowtide.js', 'dist/web/index.html', 'host.json', 'docs/errors.md'])
      expect([file, existsSync(join(installed, file))]).toEqual([file, true]);
    for (const file of ['cli', 'tests', 'lab', 'dist/lab', 'tsconfig.json'])
      expect([file, existsSync(join(installed, file))]).toEqual([file, false]);
  });

  it('a month is previewed and simulated in an empty folder, over a fleet that ships with it', () => {
    const month = ['--month', '2026-12'];
    expect(typed('preview', '--file', 'fleets/e2e.json', ...month)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^2026-12: 6 VMs; half done /) as string,
    });
    const simulated = typed('simulate', '--fleet', 'fleets/e2e.json', '--seed', '1', '--month', '2026-11');
    expect([simulated.status, simulated.err]).toEqual([0, expect.not.stringContaining('error')]);
    expect(simulated.out).toContain('Verdict: clean.');
  });

  it('help and advice name commands as they are typed there', () => {
    const { out } = typed('freeze', '--help');
    expect(out).toContain('$ npx lowtide freeze add year-end');
    expect(typed('--help').out).not.toMatch(/npm |torture/);
    expect(typed('rollouts', '--url', 'http://127.0.0.1:9').err).toContain(
      'npx lowtide start, npx lowtide serve',
    );
  });
});

test('every package that the commands load is installed with them, and what the app in the cloud loads is no package of the commands alone', () => {
  const shipped = readdirSync(join(repository, 'dist')).filter((room) => !OF_DEVELOPERS.includes(room));
  for (const room of shipped) {
    const allowed = OF_COMMANDS.includes(room) ? { ...dependencies, ...peerDependencies } : dependencies;
    const builtIn = ['@azure/functions-core']; // of the Functions worker; the emulator supplies it
    const missing = [...packagesLoadedBy(room)].filter(
      (name) => !(name in allowed) && !builtIn.includes(name),
    );
    expect([room, missing]).toEqual([room, []]);
  }
  for (const [name, version] of Object.entries(peerDependencies))
    expect([name, devDependencies[name]]).toEqual([name, version]);
});

test('a script of the repository is a command of the package', () => {
  expect(asTyped('npm start; npm start -- --seed 7', true)).toBe(
    'npx lowtide start; npx lowtide start --seed 7',
  );
  expect(asTyped('npm run --silent fleet:generate -- --vms 9', true)).toBe(
    'npx lowtide fleet-generate --vms 9',
  );
  expect(asTyped('npm run lowtide -- rollouts watch', true)).toBe('npx lowtide rollouts watch');
  expect(asTyped('npm run lowtide -- rollouts', false)).toBe('npm run lowtide -- rollouts');
});
