let above: ((text: string) => void) | null = null;

/** The one place that writes to the terminal: answers to standard output, what went wrong to standard error. */
export const say = {
  line(text = ''): void {
    process.stdout.write(`${text}\n`);
  },
  /** As it is, without a line end. */
  text(text: string): void {
    process.stdout.write(text);
  },
  error(text: string): void {
    const line = text.endsWith('\n') ? text : `${text}\n`;
    if (above !== null && process.stderr.isTTY) above(line);
    else process.stderr.write(line);
  },
  /** While a bar stands at the foot of the terminal, what goes wrong is written above it, by the bar: it would be painted over. Null: no more. */
  errorsAbove(write: ((line: string) => void) | null): void {
    above = write;
  },
};
