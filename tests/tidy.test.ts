import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Duration } from 'luxon';
import { OutcomeReason } from '../domain/reasons';
import { defaultPolicy, Policy } from '../domain/policy';
import { readSettings, settingName } from '../composition/settings';

const ROOT = join(__dirname, '..');
const NOT_OURS = new Set([
  '.git',
  '.lowtide',
  'coverage',
  'dist',
  'dist-docs',
  'local.settings.json',
  'node_modules',
]);
const LINES_MAX = 400;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [relative(ROOT, path)];
  });
}

const files = filesUnder(ROOT);
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);

describe('the documentation is complete', () => {
  test('every error code has its heading in docs/errors.md, and no heading is of none', () => {
    const codes = matches(read('domain/lowtideError.ts'), /^ {2}\| '([A-Z_]+)'/gm);
    expect(codes.length).toBeGreaterThan(0);
    expect(matches(read('docs/errors.md'), /^## ([A-Z_]+)$/gm).sort()).toEqual(codes.sort());
  });

  test('every outcome reason has its row in docs/reasons.md, and no row is of none', () => {
    const rows = matches(read('docs/reasons.md'), /^\| `(\w+)`/gm);
    expect(rows.sort()).toEqual([...OutcomeReason.options].sort());
  });

  test('every member of host.json has its row in docs/host.md, or stands in one that has', () => {
    const rows = matches(read('docs/host.md').split('## host.json')[1] ?? '', /^\|([^|]*)\|/gm).join();
    const hasRow = (name: string): boolean => new RegExp(`[.\`]${name}\``).test(rows);
    const undocumented = ([name, value]: [string, unknown]): string[] => {
      if (hasRow(name)) return [];
      return value instanceof Object ? Object.entries(value).flatMap(undocumented) : [name];
    };
    const host = JSON.parse(read('host.json')) as object;
    expect(Object.entries(host).flatMap(undocumented)).toEqual([]);
  });

  test('every setting of the policy is in docs/settings.md, with its default', () => {
    const text = read('docs/settings.md');
    const documented = Object.keys(Policy.shape).map((key) => {
      const cells = new RegExp(`^\\| \`${settingName(key)}\` *\\| (\\S+)`, 'm').exec(text);
      const written = cells?.[1] ?? 'missing';
      return [key, written === 'none' ? [] : valueOf(key, written.replaceAll('`', ''))];
    });
    expect(Object.fromEntries(documented)).toEqual(defaultPolicy);
  });

  test('every setting that the code reads is in docs/settings.md, and every one in there is read', () => {
    const policy = Object.keys(Policy.shape).map(settingName);
    const code = files
      .filter((file) =>
        /^(functions|composition|armApi|operatorApi|notifications|drivers|store|activities)\/.*\.ts$/.test(
          file,
        ),
      )
      .map(read);
    const inCode = matches(code.join('\n'), /'(LOWTIDE_[A-Z_]+[A-Z])'/g);
    const inDocs = matches(read('docs/settings.md'), /^\| `(LOWTIDE_[A-Z_]+)`/gm);
    expect(inDocs.sort()).toEqual([...new Set([...inCode, ...policy])].sort());
  });

  test('the settings that are ready to copy are understood', () => {
    for (const file of ['local.settings.sample.json', 'local.settings.e2e.json']) {
      const { Values } = JSON.parse(read(file)) as { Values: Record<string, string> };
      expect(() => readSettings(Values)).not.toThrow();
      const documented = read('docs/settings.md');
      const unknown = Object.keys(Values).filter(
        (name) => name.startsWith('LOWTIDE_') && !documented.includes(`| \`${name}\``),
      );
      expect(unknown).toEqual([]);
    }
  });

  test('every link between documents leads somewhere', () => {
    const broken = files
      .filter((file) => file.endsWith('.md') && !file.startsWith('tests/'))
      .flatMap((file) =>
        matches(read(file), /\]\(([^)#:]+)(?:#[^)]*)?\)/g)
          .filter((to) => !existsSync(join(ROOT, file, '..', to)))
          .map((to) => `${file}: ${to}`),
      );
    expect(broken).toEqual([]);
  });
});

describe('the app', () => {
  test('keeps nothing in memory that another host would miss', () => {
    const folders = [
      'collections',
      'domain',
      'planning',
      'orchestrations',
      'entities',
      'activities',
      'store',
      'composition',
      'operatorApi',
      'armApi',
      'notifications',
      'functions',
    ];
    const changeable = files
      .filter((file) => folders.includes(file.split('/')[0] ?? '') && file.endsWith('.ts'))
      .filter((file) => /^(?:export )?let /m.test(read(file)));
    // the services, put together from the settings; the regions that policy adds, learnt before anything is planned
    expect(changeable).toEqual(['composition/compose.ts', 'domain/regions.ts']);
  });
});

/** As the app itself reads it. */
function valueOf(key: string, written: string): unknown {
  if (key.endsWith('Seconds') && Duration.fromISO(written).isValid)
    return Duration.fromISO(written).as('seconds');
  return readSettings({ [settingName(key)]: written }).policy[key as keyof Policy];
}

interface Requirement {
  readonly id: string;
  readonly file: string;
  readonly state: string;
}

describe('requirements, code and tests know each other', () => {
  const rows: Requirement[] = [
    ...read('docs/requirements.md').matchAll(/^\| (R-\d{3}) *\|.*\| (.*?) *\| (\S.*?) *\|$/gm),
  ].map(([, id = '', file = '', state = '']) => ({ id, file: file.replaceAll('`', ''), state }));
  const tests = files.filter((file) => /^tests\/.*\.test\.ts$/.test(file) && file !== 'tests/tidy.test.ts');
  /** Of titles and of the tables that `each` makes them from; what a comment says is no test. */
  const named = tests.flatMap((file) => matches(withoutComments(read(file)), /\b((?:R|INV)-\d+)/g));

  test('every requirement is there once, done or waiting', () => {
    expect(rows).toHaveLength(66);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    for (const { state } of rows) expect(['done', 'waits']).toContain(state);
  });

  test('every requirement that is done names a file that exists', () => {
    const missing = rows.filter(
      ({ file, state }) => (state === 'done' || file !== '') && !existsSync(join(ROOT, file)),
    );
    expect(missing).toEqual([]);
    expect(rows.filter(({ file, state }) => state === 'done' && file === '')).toEqual([]);
  });

  test('every requirement that is done has a test whose title carries its id', () => {
    const tested = new Set(named);
    expect(rows.filter(({ id, state }) => state === 'done' && !tested.has(id)).map(({ id }) => id)).toEqual(
      [],
    );
  });

  test('every job of a person names tests that are there', () => {
    const jobs = [
      ...read('docs/requirements.md').matchAll(/^\| *(.*?) *\| `(tests\/\S+)` *\| (.*?) *\|$/gm),
    ].map(([, job = '', file = '', title = '']) => ({ job, file, title }));
    expect(jobs.filter(({ job }) => job !== '')).toHaveLength(17);
    expect(jobs.filter(({ file, title }) => !read(file).includes(`'${title}'`))).toEqual([]);
  });

  test('no test carries an id that is in no table', () => {
    const known = new Set([
      ...rows.map(({ id }) => id),
      ...Array.from({ length: 17 }, (_, n) => `INV-${n + 1}`),
    ]);
    expect([...new Set(named)].filter((id) => !known.has(id))).toEqual([]);
  });

  test('every orchestration is driven by a test', () => {
    const orchestrations = files
      .filter((file) => /^orchestrations\/\w+\.ts$/.test(file))
      .flatMap((file) => matches(read(file), /^export function\* (\w+)\(context: OrchestrationContext\)/gm));
    const driven = tests
      .filter((file) => file.startsWith('tests/orchestrations/'))
      .map(read)
      .join('\n');
    expect(orchestrations.length).toBeGreaterThan(10);
    expect(orchestrations.filter((name) => !new RegExp(`\\b${name}\\b`).test(driven))).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

describe('the recipe for a hold in CONTRIBUTING.md', () => {
  const recipe = /\*\*Add a hold\*\*[\s\S]*?(?=\n\*\*)/.exec(read('CONTRIBUTING.md'))?.[0] ?? '';
  const named = [...recipe.matchAll(/`([\w/]+\.\w[\w.]*)`/g)].map(([, file = '']) => file);
  const holds = [...read('domain/holds.ts').matchAll(/because\('(\w+)'/g)].map(([, name = '']) => name);

  /** Where every hold stands; what else the recipe names is for some. */
  const OF_EVERY_HOLD: Readonly<Record<string, (name: string) => RegExp>> = {
    'domain/reasons.ts': (name) => new RegExp(`^ {2}${name}: reason\\(`, 'm'),
    'domain/holds.ts': (name) => new RegExp(`because\\('${name}'`),
    'domain/unblocks.ts': (name) => new RegExp(`^ {2}${name}: `, 'm'),
    'docs/reasons.md': (name) => new RegExp(`^\\| \`${name}\``, 'm'),
    'tests/domain/holds.test.ts': (name) => new RegExp(`'${name}'`),
    'tests/domain/everyReason.test.ts': (name) => new RegExp(`^ {2}${name}: `, 'm'),
  };

  test('names every file that has every hold, and only files that exist', () => {
    expect(named).toEqual(expect.arrayContaining(Object.keys(OF_EVERY_HOLD)));
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  test('names every file of the app that has the name of every hold', () => {
    const known = new Set([...named, 'docs/requirements.md']);
    const apart = files
      .filter((file) => /\.(ts|tsx|md)$/.test(file) && !known.has(file))
      .filter((file) => holds.every((name) => new RegExp(`\\b${name}\\b`).test(read(file))));
    expect(apart).toEqual([]);
  });

  test.each([...new Set(holds)])('was followed for %s', (name) => {
    const missing = Object.entries(OF_EVERY_HOLD).filter(([file, stands]) => !stands(name).test(read(file)));
    expect(missing.map(([file]) => file)).toEqual([]);
  });

  test('was followed for holds at all', () => {
    expect(holds.length).toBeGreaterThan(10);
  });
});

describe('the recipes in CONTRIBUTING.md', () => {
  test('name files and folders that exist', () => {
    const named = [...read('CONTRIBUTING.md').matchAll(/`((?:[\w.]+\/)+[\w.]*)`/g)].map(
      ([, file = '']) => file,
    );
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

describe('house rules', () => {
  const texts = files.filter((file) => /\.(ts|js|cjs|mjs|json|md|txt|ya?ml)$|^\.npmrc$|^\.ci\//.test(file));

  test('no file names a package registry, or a path of the machine it was written on', () => {
    const machine = ['', 'work', ''].join('/');
    const home = new RegExp(['', '(home|Users)', '[a-z]+', ''].join('/'));
    const registry = /\bregistry\.[a-z][\w-]*\.(org|com|io|dev)\b/i;
    const guilty = texts.filter((file) => {
      const text = read(file);
      return text.includes(machine) || home.test(text) || registry.test(text);
    });
    expect(guilty).toEqual([]);
  });

  test('the lockfile does not say where packages were fetched from', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });

  test('the lockfile names the optional packages of every platform, so that npm ci works on each', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  test(`no source file has more than ${LINES_MAX} lines, blank lines and comments counted`, () => {
    const long = files
      .filter((file) => /\.(ts|[cm]?js)$/.test(file) && !file.includes('recordings/'))
      .map((file) => [file, read(file).trimEnd().split('\n').length] as const)
      .filter(([, lines]) => lines > LINES_MAX);
    expect(long).toEqual([]);
  });
});
