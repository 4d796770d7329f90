import { answerUnserved } from '../../local/unserved';

const get = (target: string, accept?: string): ReturnType<typeof answerUnserved> =>
  answerUnserved({
    method: 'GET',
    url: new URL(target, 'http://127.0.0.1:7071'),
    headers: accept === undefined ? {} : { accept },
    body: Buffer.alloc(0),
  });

test('a path that nothing serves says what this is and where to look, as a problem', () => {
  const { status, headers, body } = get('/dashbord', '*/*');
  expect(status).toBe(404);
  expect(headers['content-type']).toContain('application/problem+json');
  const problem = JSON.parse(body.toString()) as Record<string, string>;
  expect(problem).toMatchObject({ code: 'NOT_FOUND', status: 404, title: 'There is nothing at /dashbord.' });
  expect(problem['detail']).toMatch(
    /This is Lowtide.*GET \/dashbord.*\/dashboard.*\/api\/openapi\.json.*\/subscriptions/,
  );
});

test('a browser gets a page with links, in which what was asked for is text', () => {
  const { status, headers, body } = get('/x"<script>&', 'text/html,application/xhtml+xml');
  expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
  expect(body.toString()).toContain('<a href="/dashboard">');
  expect(body.toString()).not.toContain('<script>');
});
