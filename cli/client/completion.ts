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

/** Fish completes an option only where it is declared as one, so options and subcommands are declared apart. */
function fishScript(all: readonly Words[]): string {
  const known = all.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join(' ');
  const lines = all.flatMap(({ path, words }) => {
    const start = `complete -c lowtide -n '__lowtide_at "${path}"'`;
    const names = words.filter((word) => !word.startsWith('-'));
    const options = words.filter((word) => word.startsWith('--'));
    return [
      ...(names.length === 0 ? [] : [`${start} -f -a '${names.join(' ')}'`]),
      ...options.map((word) => `${start} -l ${word.slice(2)}`),
    ];
  });
  return `function __lowtide_at
  set -l path ''
  set -l words (commandline -opc)
  set -e words[1]
  for word in $words
    string match -q -- '-*' $word; and break
    set -l longer (string trim -- "$path $word")
    contains -- $longer ${known}; or break
    set path $longer
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}
