import { wordsInLines } from '../collections/wordsInLines';

const WIDTH_ELSEWHERE = 100;
const WIDTH_MIN = 40;

/** Columns of the terminal; where the output goes elsewhere those of COLUMNS, or a fixed number. */
export function terminalWidth(stream: { readonly columns?: number } = process.stdout): number {
  const elsewhere = Number(process.env['COLUMNS']);
  return Math.max(WIDTH_MIN, stream.columns ?? (elsewhere > 0 ? elsewhere : WIDTH_ELSEWHERE));
}

/**
 * The text behind the indent, broken between words into lines of at most `width`; further lines are indented by as many blanks. A command between
 * backticks stays whole. What has no indent is to be copied, and stays in one line.
 */
export function wrap(text: string, indent: string, width: number = terminalWidth()): string {
  if (indent === '') return text;
  const room = Math.max(20, width - indent.length);
  const lines = wordsInLines(text.match(WORDS) ?? [], () => room);
  return `${indent}${lines.join(`\n${' '.repeat(indent.length)}`)}`;
}

const WORDS = /[^\s`]*`[^`]*`\S*|\S+/g;

/** A sentence as it fits the terminal; further lines are set in by two blanks. */
export function wrapText(text: string, width: number = terminalWidth()): string {
  return text.length <= width ? text : wrap(text, '  ', width).trimStart();
}

/** A line of a log, `warning: what there is to say`, as it fits the terminal. */
export function wrapLogLine(line: string, width: number = terminalWidth()): string {
  const [, level = '', text = line] = /^([a-z]+: )(.*)$/i.exec(line) ?? [];
  return wrap(text, level, width);
}

/** What there is to know at once: further lines, such as a stack or names, are in the log file and shown when they were asked for. */
export const firstLine = (text: string): string => text.split('\n')[0] ?? text;
