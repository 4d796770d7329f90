/** Words, joined by blanks, in lines of at most as many characters as each has room for. A word that is longer has a line of its own. */
export function wordsInLines(words: Iterable<string>, roomOf: (line: number) => number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > roomOf(lines.length)) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}
