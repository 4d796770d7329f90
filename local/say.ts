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
    process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
  },
};
