import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { say } from '../local/say';
import { terminalWidth, wrap } from '../local/wrap';

/** Shows how far something is: a bar on a terminal, now and then a line elsewhere. Lines printed meanwhile stand above the bar. */
export interface Progress {
  /** Wrapped to the terminal, further lines below the first, behind the indent. */
  line(text: string, indent?: string): void;
  /** `at` is the instant that the note is of. */
  update(done: number, total: number, at: string, note: string): void;
  stop(): void;
}

const PLAIN_EVERY_MS = 5_000;
const BAR_WIDTH = 20;
const BAR_WIDTH_MIN = 5;
const NOTE_INDENT = '  ';

export function showProgress(unit: string, stream: NodeJS.WriteStream = process.stdout): Progress {
  return stream.isTTY ? bar(unit, stream) : plain(unit);
}

/** The bar is one line, the note below it as many as it needs: nothing of it is cut off on a narrow terminal. */
function bar(unit: string, stream: NodeJS.WriteStream): Progress {
  const bars = new MultiBar(
    {
      stream,
      format: `{bar} {value}/{total} ${unit}  {at}`,
      hideCursor: true,
      linewrap: false,
      clearOnComplete: false,
    },
    Presets.shades_classic,
  );
  let own: SingleBar | null = null;
  const notes: SingleBar[] = [];
  say.errorsAbove((line) => {
    bars.log(line);
  });
  return {
    line(text, indent = '') {
      bars.log(`${wrap(text, indent, terminalWidth(stream))}\n`);
    },
    update(done, total, at, note) {
      const width = terminalWidth(stream);
      const beside = ` ${total}/${total} ${unit}  ${at}`.length;
      const barsize = Math.min(BAR_WIDTH, Math.max(BAR_WIDTH_MIN, width - beside));
      own ??= bars.create(total, done, { at }, { barsize });
      own.setTotal(total);
      own.update(done, { at });
      const lines = wrap(note, NOTE_INDENT, width).split('\n');
      while (notes.length < lines.length) notes.push(bars.create(1, 0, { note: '' }, { format: '{note}' }));
      for (const [n, line] of notes.entries()) line.update(0, { note: lines[n] ?? '' });
    },
    stop() {
      say.errorsAbove(null);
      bars.stop();
    },
  };
}

function plain(unit: string): Progress {
  let printedMs = 0;
  let printed = '';
  return {
    line(text, indent = '') {
      say.line(wrap(text, indent));
    },
    update(done, total, at, note) {
      const now = performance.now();
      const text = wrap(note, `${done}/${total} ${unit}  ${at}${at === '' ? '' : '  '}`).trimEnd();
      if (text === printed || now - printedMs < PLAIN_EVERY_MS) return;
      printedMs = now;
      printed = text;
      say.line(text);
    },
    stop: () => undefined,
  };
}
