import { join } from 'node:path';
import { openLibrary } from '../../emulator/engine/library';

const repository = join(__dirname, '..', '..');

interface Task {
  readonly state: number;
  readonly result: unknown;
  setValue(isError: boolean, value: unknown, executor?: object): void;
}

interface TaskModule {
  readonly AtomicTask: new (id: number, action: string) => Task;
  readonly WhenAllTask: new (children: readonly Task[], action: string) => Task;
}

/** A copy of the library's tasks, as they are or as the emulator makes them. */
function tasks(opened: boolean): TaskModule {
  let found: TaskModule | undefined;
  jest.isolateModules(() => {
    if (opened) openLibrary(repository);
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- only a fresh copy is as the library has it
    found = require('durable-functions/lib/src/task') as TaskModule;
  });
  if (!found) throw new Error('durable-functions has no tasks');
  return found;
}

/** Ends the children of a nest of Task.all in that order, and notes after each what the library says of all of them. */
function play(
  { AtomicTask, WhenAllTask }: TaskModule,
  order: readonly number[],
  fails: (child: number) => boolean,
): string[] {
  const children = order.map((_, i) => new AtomicTask(i, 'action'));
  const inner = new WhenAllTask(children.slice(0, 3), 'inner');
  const all = new WhenAllTask([...children.slice(3), inner], 'all');
  return order.map((child) => {
    children[child]?.setValue(fails(child), fails(child) ? new Error(`child ${child}`) : { child }, {});
    return JSON.stringify([all, inner].map(({ state, result }) => [state, String(result), result]));
  });
}

const ORDERS: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6],
  [6, 5, 4, 3, 2, 1, 0],
  [3, 0, 6, 1, 5, 2, 4],
];

test.each(ORDERS)(
  'Task.all ends as the library lets it end, in whatever order its tasks do (%#)',
  (...order) => {
    const [own, opened] = [tasks(false), tasks(true)];
    expect(opened.WhenAllTask).not.toBe(own.WhenAllTask);
    for (const failed of [[], [order[3]], [order[1], order[6]]]) {
      const fails = (child: number): boolean => failed.includes(child);
      expect(play(opened, order, fails)).toEqual(play(own, order, fails));
    }
  },
);

test('Task.all asks a child that has completed once, not at each of the others', () => {
  const { AtomicTask, WhenAllTask } = tasks(true);
  let asked = 0;
  class Counted extends AtomicTask {
    get stateObj(): number {
      asked += 1;
      return this.state;
    }
  }
  const children = Array.from({ length: 300 }, (_, i) => new Counted(i, 'action'));
  const all = new WhenAllTask(children, 'all');
  for (const child of children) child.setValue(false, {}, {});
  expect(all.result).toHaveLength(300);
  expect(asked).toBeLessThan(300 * 3);
});
