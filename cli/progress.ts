import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { say } from '../local/say';
import { terminalWidth, wrap } from './wrap';

/** Shows how far something is: a bar on a terminal, now and then a line elsewhere. Lines printed meanwhile stand above the bar. */
export interface Progress {
  /** Wrapped to the terminal, further lines below the first, behind the indent. */
  line(text: string, indent?: string): void;
  update(done: number, total: number, note: string): void;
  stop(): void;
}

const PLAIN_EVERY_MS = 5_000;
const BAR_WIDTH = 20;

export function showProgress(unit: string, stream: NodeJS.WriteStream = process.stdout): Progress {
  return stream.isTTY ? bar(unit, stream) : plain(unit);
}

function bar(unit: string, stream: NodeJS.WriteStream): Progress {
  const bars = new MultiBar(
    {
      stream,
      format: `{bar} {value}/{total} ${unit}  {note}`,
      barsize: BAR_WIDTH,
      hideCursor: true,
      linewrap: false,
      clearOnComplete: false,
    },
    Presets.shades_classic,
  );
  let own: SingleBar | null = null;
  return {
    line(text, indent = '') {
      bars.log(`${wrap(text, indent)}\n`);
    },
    update(done, total, note) {
      const room = terminalWidth() - BAR_WIDTH - `  ${total}/${total} ${unit}  `.length;
      const fitting = note.slice(0, Math.max(0, room));
      own ??= bars.create(total, done, { note: fitting });
      own.setTotal(total);
      own.update(done, { note: fitting });
    },
    stop() {
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
    update(done, total, note) {
      const now = performance.now();
      const text = `${done}/${total} ${unit}  ${note}`;
      if (text === printed || now - printedMs < PLAIN_EVERY_MS) return;
      printedMs = now;
      printed = text;
      say.line(text);
    },
    stop: () => undefined,
  };
}
