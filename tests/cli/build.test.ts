import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../../local/packageRoot';

const SOURCES: Record<string, string> = {
  'cli/greet.ts': `import { name } from '../domain/name';
import table from '../domain/table.json';

interface Greeting {
  readonly text: string;
}

const greeting: Greeting = { text: \`Hello \${name}, \${table.answer}, \${process.argv.slice(2).join(' ')}\` };
if (process.argv.includes('throw')) throw new Error(greeting.text);
console.log(greeting.text);
`,
  'domain/name.ts': `export const name: string = 'tide';\n`,
  'domain/table.json': `{ "answer": 42 }\n`,
};

/** A package of three sources that is built by the build of this one. */
class SmallPackage {
  readonly folder = mkdtempSync(join(tmpdir(), 'lowtide-build-'));

  constructor() {
    for (const file of [
      'cli/build.mjs',
      'cli/buildWeb.mjs',
      'cli/run.mjs',
      '.swcrc',
      'tsconfig.build.json',
      'package.json',
    ]) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      cpSync(join(PACKAGE_ROOT, file), join(this.folder, file));
    }
    symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(this.folder, 'node_modules'), 'dir');
    for (const [file, text] of Object.entries(SOURCES)) this.write(file, text);
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  node(...args: string[]): {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
  } {
    return spawnSync(process.execPath, args, { cwd: this.folder, encoding: 'utf8', env: environment() });
  }

  greet(...args: string[]): ReturnType<SmallPackage['node']> {
    return this.node('--enable-source-maps', 'cli/run.mjs', 'cli/greet.js', ...args);
  }

  built(): string[] {
    return readdirSync(join(this.folder, 'dist'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: '' };
}

let small: SmallPackage;
beforeEach(() => {
  small = new SmallPackage();
});
afterEach(() => {
  small.close();
});

const ALL_BUILT = ['greet.js', 'greet.js.map', 'name.js', 'name.js.map', 'table.json'];

describe('a command of the package', () => {
  it('is built before it runs the first time, and says so where its output is not', () => {
    expect(small.greet('to', 'you')).toEqual(
      expect.objectContaining({
        status: 0,
        stdout: 'Hello tide, 42, to you\n',
        stderr: 'building 3 of 3 files …\n',
      }),
    );
    expect(small.built()).toEqual(ALL_BUILT);
  });

  it('is not built again while no source has changed, also when a source has only been touched', () => {
    small.greet();
    const before = statSync(join(small.folder, 'dist/cli/greet.js')).mtimeMs;
    utimesSync(join(small.folder, 'cli/greet.ts'), new Date(), new Date());
    expect(small.greet().stderr).toBe('');
    expect(statSync(join(small.folder, 'dist/cli/greet.js')).mtimeMs).toBe(before);
  });

  it('builds only what has changed, even if the length and the time of the file are the same', () => {
    small.greet();
    const { atime, mtime } = statSync(join(small.folder, 'domain/name.ts'));
    small.write('domain/name.ts', small.read('domain/name.ts').replace('tide', 'moon'));
    utimesSync(join(small.folder, 'domain/name.ts'), atime, mtime);
    expect(small.greet()).toMatchObject({
      stdout: 'Hello moon, 42, \n',
      stderr: 'building 1 of 3 files …\n',
    });
    small.write('domain/table.json', '{ "answer": 43 }\n');
    expect(small.greet().stdout).toBe('Hello moon, 43, \n');
  });

  it('builds what was deleted from dist, or compiled with other tools', () => {
    small.greet();
    rmSync(join(small.folder, 'dist/domain/name.js.map'));
    writeFileSync(join(small.folder, 'dist/cli/greet.js'), 'console.log("old")\n');
    expect(small.greet()).toMatchObject({
      stdout: 'Hello tide, 42, \n',
      stderr: 'building 2 of 3 files …\n',
    });
  });

  it('builds everything again when the compiler settings change', () => {
    small.greet();
    small.write('.swcrc', small.read('.swcrc').replace('es2022', 'es2021'));
    expect(small.greet().stderr).toBe('building 2 of 3 files …\n');
  });

  it('does not find what was built from a source that is gone, nor folders that this leaves empty', () => {
    small.write('functions/old/gone.ts', 'export const gone = true;\n');
    small.greet();
    expect(small.built()).toContain('gone.js');
    rmSync(join(small.folder, 'functions/old/gone.ts'));
    small.greet();
    expect(small.built()).toEqual(ALL_BUILT);
    expect(existsSync(join(small.folder, 'dist/functions'))).toBe(false);
  });

  it('names the line of the source when it throws', () => {
    const { status, stderr } = small.greet('throw');
    expect(status).toBe(1);
    expect(stderr).toMatch(/cli\/greet\.ts:9:\d+/);
  });
});

describe('a build', () => {
  it('that fails names every source that does not compile, runs nothing, and leaves what was built', () => {
    small.greet();
    const before = small.read('dist/cli/greet.js');
    appendFileSync(join(small.folder, 'cli/greet.ts'), 'const = 1;\n');
    appendFileSync(join(small.folder, 'domain/name.ts'), 'const = 2;\n');
    const { status, stdout, stderr } = small.greet();
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^domain\/name\.ts: [\s\S]*^cli\/greet\.ts: /m);
    expect(stderr).not.toContain('backtrace');
    expect(small.read('dist/cli/greet.js')).toBe(before);
    expect(small.node('cli/build.mjs').status).toBe(1);
  });

  it('that cannot be written says where, why and how to fix it', () => {
    mkdirSync(join(small.folder, 'dist'));
    small.write('dist/domain', 'a file in the place of a folder');
    const { status, stdout, stderr } = small.greet();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^(building .*\n)?$/);
    const lines = stderr.split('\n').filter((line) => !line.startsWith('building'));
    expect(lines.slice(0, 3)).toEqual([
      `error: What was built could not be written to ${join(small.folder, 'dist')}.`,
      expect.stringMatching(/^ {2}why: EEXIST.*domain/),
      expect.stringMatching(/^ {2}fix: /),
    ]);
  });

  it('without its packages says how to get them', () => {
    rmSync(join(small.folder, 'node_modules'));
    const { status, stderr } = small.greet();
    expect(status).toBe(1);
    expect(stderr).toContain('`npm ci`');
  });

  it('removes what a killed build left, and not what another is just writing', () => {
    small.greet();
    const left = [
      join(small.folder, 'dist/old.js.1.unfinished'),
      join(small.folder, 'dist/new.js.2.unfinished'),
    ];
    for (const file of left) writeFileSync(file, '');
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(left[0] ?? '', longAgo, longAgo);
    small.greet();
    expect(left.map((file) => existsSync(file))).toEqual([false, true]);
  });

  it('may run several times at once: each ends with the whole package built', async () => {
    for (let n = 0; n < 60; n += 1) small.write(`lab/f${n}.ts`, `export const f${n}: number = ${n};\n`);
    const outputs = await Promise.all(
      Array.from({ length: 4 }, () =>
        outputOf(small.folder, ['cli/run.mjs', 'cli/greet.js', 'side', 'by', 'side']),
      ),
    );
    expect(outputs).toEqual(Array(4).fill('Hello tide, 42, side by side\n'));
    expect(small.built()).toHaveLength(ALL_BUILT.length + 120);
    expect(small.greet().stderr).toBe('');
  });

  it('builds the dashboard when its sources have changed, and only then, also several at once', async () => {
    small.write('web/index.html', '<!doctype html><script type="module" src="/main.ts"></script>');
    small.write('web/main.ts', 'document.title = "low";\n');
    small.write('web/vite.config.mjs', 'export default {};\n');
    await Promise.all([1, 2].map(() => outputOf(small.folder, ['cli/build.mjs'])));
    const scripts = (): string[] => small.built().filter((name) => /^index-.*\.js$/.test(name));
    const first = scripts();
    expect(first).toHaveLength(1);
    expect(small.greet().stderr).toBe('');
    small.write('web/main.ts', 'document.title = "high";\n');
    expect(small.greet().stderr).toContain('building the dashboard');
    expect(scripts()).toHaveLength(1);
    expect(scripts()).not.toEqual(first);
    expect(readdirSync(join(small.folder, 'dist')).filter((name) => name.startsWith('web'))).toEqual(['web']);
  });

  it('leaves dist alone in a package that ships without its sources', () => {
    small.greet();
    rmSync(join(small.folder, 'cli/greet.ts'));
    rmSync(join(small.folder, 'domain'), { recursive: true });
    expect(small.greet().stdout).toBe('Hello tide, 42, \n');
  });
});

function outputOf(cwd: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: environment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      resolve(output);
    });
  });
}
