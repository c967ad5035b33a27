import { readFileSync, writeFileSync } from 'node:fs';
import { unreachable } from '../../kit/attack.ts';
import { expect } from 'vitest';
import { serveGit } from '../../../../tools/git-server.ts';
import { runCli } from '../../../support/workspace.ts';
import type { Attack, Family } from '../../kit/attack.ts';
import { notChecked, redirected } from '../../kit/peers.ts';
import type { Site } from '../../kit/site.ts';

const password = 'made-up-password-of-a-mirror';

/** A host of the attacker's that is told nothing. */
async function thief(site: Site): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const { url, close } = await serveGit({
    root: site.channel.folder,
    onRequest: ({ headers }, response) => {
      seen.push(JSON.stringify(headers));
      response.end();
      return true;
    },
  });
  site.undo(close);
  return { url, seen };
}

function led(
  id: string,
  attack: string,
  says: string,
  to: (url: string) => string,
  isPost = false,
): Attack {
  let seen: string[] = [];
  return {
    id,
    attack,
    peers: redirected,
    expected: unreachable(says),
    async strike(site) {
      await site.publish();
      const url = `${site.edge.server.url.replace('//', `//edge:${password}@`)}/a/secrets.git`;
      await site.configure({ mirrors: [url] });
      const other = await thief(site);
      ({ seen } = other);
      site.hostile({
        onRequest: ({ method, url: path = '' }, response) => {
          if ((method === 'POST') !== isPost) return false;
          // A header with a line break is refused by node:http: this is the raw answer.
          response.socket?.end(`HTTP/1.1 302 Found\r\nlocation: ${to(other.url)}${path}\r\n\r\n`);
          return true;
        },
      });
    },
    check({ edge, status }) {
      expect(seen).toEqual([]);
      expect(edge.lines.join('') + JSON.stringify(status)).not.toContain(password);
    },
  };
}

export const redirect: Family = {
  title: 'A Git server leads elsewhere',
  attacker: 'A mirror that wants the credentials of another one, or to have something else asked.',
  test: 'test/attacks/git.test.ts',
  attacks: [
    led(
      'redirect-to-another-host',
      'sends the client, with its password, to another port',
      'a redirect to another origin',
      (url) => url,
    ),
    led('redirect-without-scheme', 'redirects to //host', 'a redirect to another origin', (url) =>
      url.replace('http:', ''),
    ),
    led(
      'redirect-with-credentials',
      'redirects to a url with a user',
      'a redirect to another origin',
      (url) => url.replace('//', '//edge:x@'),
    ),
    led(
      'redirect-to-a-file',
      'redirects to file:///etc',
      'a redirect to another origin',
      () => 'file:///etc',
    ),
    led(
      'redirect-with-a-line-break',
      'hides a header in the redirect',
      'mirror',
      (url) => `${url}\nx-more: y`,
    ),
    led(
      'redirect-of-the-pack',
      'redirects only the question for the pack',
      'HTTP 302',
      (url) => url,
      true,
    ),
    {
      id: 'redirect-in-a-circle',
      attack: 'redirects for ever within its own host',
      peers: redirected,
      expected: unreachable('more than three redirects'),
      strike: (site) =>
        site.hostile({
          onRequest: ({ url = '' }, response) => {
            response.writeHead(301, { location: url }).end();
            return true;
          },
        }),
    },
    {
      id: 'line-break-in-a-url',
      attack: 'has a line break written into the url of a mirror, to add a header',
      peers: notChecked,
      expected: { note: 'refused before anything runs: exit code 2, “control characters”' },
      async strike({ edge }) {
        const config = edge.path('line-break.yaml');
        const text = readFileSync(edge.config, 'utf8');
        writeFileSync(config, text.replace('/a/secrets.git', '/a/x\\r\\nauthorization: y'));
        const args = ['controller', '--config', config, '--once'];
        const { code, stderr } = await runCli(args, { cwd: edge.folder, env: {}, stdin: '' });
        expect([code, stderr]).toEqual([2, expect.stringContaining('control characters')]);
      },
    },
  ],
};
