import { onceEach } from '../../local/onceEach';

test('a reminder that the app repeats every virtual hour is shown once, and another one all the same', () => {
  const shown: string[] = [];
  const show = onceEach((line) => shown.push(line));
  for (const line of ['phase-1 waits', 'phase-1 waits', 'phase-2 waits', 'phase-1 waits']) show(line);
  expect(shown).toEqual(['phase-1 waits', 'phase-2 waits']);
});
