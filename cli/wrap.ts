const WIDTH_ELSEWHERE = 100;
const WIDTH_MIN = 40;

/** Columns of the terminal; a fixed number when the output goes elsewhere. */
export function terminalWidth(stream: { readonly columns?: number } = process.stdout): number {
  return Math.max(WIDTH_MIN, stream.columns ?? WIDTH_ELSEWHERE);
}

/**
 * The text behind the indent, broken between words into lines of at most `width`; further lines are indented by as many blanks. What has no
 * indent is to be copied, and stays in one line.
 */
export function wrap(text: string, indent: string, width: number = terminalWidth()): string {
  if (indent === '') return text;
  const room = Math.max(20, width - indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return `${indent}${lines.join(`\n${' '.repeat(indent.length)}`)}`;
}
