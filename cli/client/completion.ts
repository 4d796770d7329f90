import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Words {
  /** Of the command line before the word, as `rollouts watch`. */
  readonly path: string;
  readonly words: readonly string[];
}

/** What may follow each command: its subcommands and options. */
function wordsOf(command: Command, path: string): Words[] {
  const own = [
    ...command.commands.map((each) => each.name()),
    ...command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : [])),
    '--help',
  ];
  return [
    { path, words: own },
    ...command.commands.flatMap((each) =>
      wordsOf(each, path === '' ? each.name() : `${path} ${each.name()}`),
    ),
  ];
}

/** A script for the shell, made from the commands there are. `source <(lowtide completion bash)`. */
export function completionScript(shell: Shell, program: Command): string {
  const all = wordsOf(program, '');
  if (shell === 'fish') return fishScript(all);
  const cases = all.map(({ path, words }) => `    '${path}') found='${words.join(' ')}' ;;`).join('\n');
  const body = `  local path='' word found=''
  for word in "\${line[@]}"; do
    case "$word" in -*) break ;; esac
    path="\${path:+$path }$word"
  done
  while :; do
    case "$path" in
${cases}
    esac
    if [ -n "$found" ] || [ -z "$path" ]; then break; fi
    case "$path" in *' '*) path="\${path% *}" ;; *) path='' ;; esac
  done`;
  if (shell === 'bash')
    return `_lowtide() {
  local line=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${body}
  COMPREPLY=($(compgen -W "$found" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _lowtide lowtide
`;
  return `#compdef lowtide
_lowtide() {
  local -a line
  line=("\${(@)words[2,CURRENT-1]}")
  _lowtide_words
}
_lowtide_words() {
${body}
  compadd -- \${=found}
}
compdef _lowtide lowtide
`;
}

function fishScript(all: readonly Words[]): string {
  const lines = all.map(({ path, words }) => {
    const test = path === '' ? '__fish_use_subcommand' : `__lowtide_at ${path}`;
    return `complete -c lowtide -n '${test}' -a '${words.join(' ')}'`;
  });
  return `function __lowtide_at
  set -l line (commandline -opc)[2..-1]
  test "$line[1..(count $argv)]" = "$argv"
end
${lines.join('\n')}
`;
}
