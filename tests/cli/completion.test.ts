import { execFileSync, spawnSync } from 'node:child_process';
import { completionScript, type Shell } from '../../cli/client/completion';
import { createProgram } from '../../cli/program';

const isHere = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** What each shell itself offers at the end of a line. */
const OFFERED: Readonly<Record<Shell, (script: string, line: string) => string>> = {
  bash: (script, line) => {
    const words = line.split(' ');
    const at = `COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}`;
    return run('bash', `${script}\n${at}; _lowtide; printf '%s\\n' "\${COMPREPLY[@]}"`);
  },
  // Outside of its line editor zsh has no compadd: this one writes what it is given, and zsh filters it as compadd would.
  zsh: (script, line) => {
    const words = line.split(' ');
    const stubs = `compdef() { :; }; compadd() { shift; print -l -- \${(M)@:#\${words[CURRENT]}*}; }`;
    return run('zsh', `${stubs}\n${script}\nwords=(${quoted(words)}); CURRENT=${words.length}; _lowtide`);
  },
  fish: (script, line) => run('fish', `${script}\ncomplete -C '${line}'`),
};

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

function run(shell: Shell, script: string): string {
  const args = shell === 'zsh' ? ['-f', '-c', script] : ['-c', script];
  return execFileSync(shell, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const LINES: readonly (readonly [line: string, offered: string, not: string])[] = [
  ['lowtide ', 'rollouts', 'watch'],
  ['lowtide rollouts wa', 'watch', 'pause'],
  ['lowtide rollouts watch --j', '--json', 'watch'],
  ['lowtide freeze add year-end --time', '--time-zone', '--owner'],
  ['lowtide compl', 'compliance', 'rollouts'],
  ['lowtide preview --against ', 'previousMonth', '--tag'],
  ['lowtide forecast --tag app=shop --state ', 'atRisk', '--json'],
  ['lowtide forecast --by ', 'family', 'atRisk'],
  ['lowtide completion ', 'fish', 'rollouts'],
  ['lowtide fleet --kind def', 'deferred', 'failed'],
];

describe.each(['bash', 'zsh', 'fish'] as const)('%s, run with the completion that it is given', (shell) => {
  const itHere = isHere(shell) ? it : it.skip;
  const script = completionScript(
    shell,
    createProgram(() => undefined),
  );

  itHere.each(LINES)('completes «%s» to %s, and not to %s', (line, offered, not) => {
    const words = OFFERED[shell](script, line)
      .split('\n')
      .map((word) => word.split('\t')[0] ?? '');
    expect(words).toContain(offered);
    expect(words).not.toContain(not);
  });

  it('is offered every command there is', () => {
    for (const command of ['why', 'forecast', 'compliance', 'take-over', 'exclude'])
      expect(script).toContain(command);
  });
});

test('bash is on the machine that runs the tests: at least one shell is really asked', () => {
  expect(isHere('bash')).toBe(true);
});
