import { readNotifications } from '../../composition/notificationSettings';
import { NOTICE_KINDS } from '../../domain/notices';

function read(written: string, allow?: string): readonly [ReturnType<typeof readNotifications>, string] {
  const problems: string[] = [];
  const values: Record<string, string | undefined> = {
    LOWTIDE_NOTIFICATIONS: written,
    LOWTIDE_NOTIFICATIONS_PRIVATE: allow,
  };
  return [readNotifications((name) => values[name] ?? null, problems), problems.join(' ')];
}

describe('LOWTIDE_NOTIFICATIONS', () => {
  it('names receivers; a receiver that asks for nothing special hears everything, as CloudEvents', () => {
    const [{ receivers, privateAddresses }, problems] = read(
      '[{"name":"ops","url":"https://hooks.example.com/x"}]',
    );
    expect(problems).toBe('');
    expect(privateAddresses).toBe(false);
    expect(receivers).toEqual([
      {
        name: 'ops',
        url: 'https://hooks.example.com/x',
        format: 'cloudEvents',
        secret: null,
        events: NOTICE_KINDS,
      },
    ]);
  });

  it.each([
    ['{', 'LOWTIDE_NOTIFICATIONS: Invalid input: expected array'],
    ['[{"name":"Ops!","url":"https://x.example"}]', '[0].name: is 1 to 40 small letters'],
    ['[{"name":"ops","url":"ftp://x.example"}]', '[0].url'],
    ['[{"name":"ops","url":"https://x.example","events":["halt"]}]', '[0].events[0]'],
    ['[{"name":"ops","url":"https://x.example","secret":"short"}]', '[0].secret'],
    ['[{"name":"ops","url":"https://x.example","colour":"red"}]', 'colour'],
    [
      '[{"name":"a","url":"https://x.example"},{"name":"a","url":"https://y.example"}]',
      'two receivers named a',
    ],
    ['[{"name":"ops","url":"http://x.example"}]', 'is not https'],
  ])('%s is refused, and says where', (written, says) => {
    expect(read(written)[1]).toContain(says);
  });

  it('plain http is for receivers in the network of the host, when that is allowed', () => {
    expect(read('[{"name":"ops","url":"http://10.0.0.4"}]', 'allow')[1]).toBe('');
    expect(read('[]', 'perhaps')[1]).toContain('it may be allow or refuse');
  });
});
