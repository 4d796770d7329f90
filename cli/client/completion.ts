import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Words {
  /** Of the command line before the word, as `rollouts watch`. */
  readonly path: string;
  readonly words: readonly string[];
  readonly options: readonly Value[];
}

/** An option that takes a value, and the values that are known; of the others a file may be one. */
interface Value {
  readonly flag: string;
  readonly values: readonly string[];
}

/** Values that an option takes beside others, so that they are no choices of it. */
const KNOWN_VALUES: Readonly<Record<string, readonly string[]>> = {
  '--by': ['region', 'subscription', 'family', 'tag:'],
  '--group': ['reason', 'kind', 'region', 'subscription', 'family'],
  '--phase': [1, 2, 3, 4, 5, 6].map((phase) => `phase-${phase}`),
};

/** What may follow each command: its subcommands, the choices of its argument, its options, and their values. */
function wordsOf(command: Command, path: string): Words[] {
  const words = [
    ...command.commands.map((each) => each.name()),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    ...command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : [])),
    '--help',
  ];
  const options = command.options.flatMap(({ long, required, argChoices }) =>
    typeof long === 'string' && required
      ? [{ flag: long, values: argChoices ?? KNOWN_VALUES[long] ?? [] }]
      : [],
  );
  return [
    { path, words, options },
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
  // The value of an option: what is known of it, or nothing, and then the shell offers files.
  const values = all
    .flatMap(({ path, options }) =>
      options.map(({ flag, values: known }) => `    '${path} ${flag}') found='${known.join(' ')}' ;;`),
    )
    .join('\n');
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
  done
  case "$path $before" in
${values}
  esac`;
  if (shell === 'bash')
    return `_lowtide() {
  local line=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  local before="\${COMP_WORDS[COMP_CWORD-1]}"
${body}
  COMPREPLY=($(compgen -W "$found" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _lowtide lowtide
`;
  return `#compdef lowtide
_lowtide() {
  local -a line
  line=("\${(@)words[2,CURRENT-1]}")
  local before="\${words[CURRENT-1]}"
  _lowtide_words
}
_lowtide_words() {
${body}
  if [ -n "$found" ]; then compadd -- \${=found}; else _files; fi
}
compdef _lowtide lowtide
`;
}

/** Fish completes an option only where it is declared as one, so options and subcommands are declared apart. */
function fishScript(all: readonly Words[]): string {
  const known = all.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join(' ');
  const lines = all.flatMap(({ path, words, options }) => {
    const start = `complete -c lowtide -n '__lowtide_at "${path}"'`;
    const names = words.filter((word) => !word.startsWith('-'));
    const valueOf = (flag: string): string => {
      const values = options.find((option) => option.flag === flag)?.values;
      if (values === undefined) return '';
      return values.length === 0 ? ' -r' : ` -x -a '${values.join(' ')}'`;
    };
    return [
      ...(names.length === 0 ? [] : [`${start} -f -a '${names.join(' ')}'`]),
      ...words
        .filter((word) => word.startsWith('--'))
        .map((flag) => `${start} -l ${flag.slice(2)}${valueOf(flag)}`),
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
