import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { typed } from './typed';

describe('an address at which something else than Lowtide answers', () => {
  let server: Server;
  let answer: 'page' | 'half' = 'page';
  let url = '';
  beforeAll(async () => {
    server = createServer((_request, response) => {
      if (answer === 'page') response.end('<html>Sign in</html>');
      else {
        response.writeHead(200, { 'content-length': '100' }).write('{"value": [');
        setImmediate(() => response.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  const commands = [
    ['rollouts', '--url'],
    ['why', 'web-01', '--url'],
    ['audit', '--verify', '--url'],
    ['audit', '--base-url'],
    ['e2e', '--base-url'],
  ];

  it.each(commands)('a page to sign in on is named as what it is, by %s', async (...command) => {
    answer = 'page';
    const { code, err } = await typed(...command, url);
    expect([code, err]).toEqual([1, expect.stringMatching(/why: .*<html>Sign in<\/html>\n {2}fix: /)]);
    expect(err).not.toContain('Lowtide itself failed');
  });

  it.each(commands)(
    'an answer that breaks off is a host that does not answer, for %s',
    async (...command) => {
      answer = 'half';
      const { code, err } = await typed(...command, url);
      expect([code, err]).toEqual([1, expect.stringMatching(/ (does not answer|was not answered)\./)]);
    },
  );
});
