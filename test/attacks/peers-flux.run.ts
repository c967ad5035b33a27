// What the attacks on transport and objects do to Flux's Git client, by running it: `npm run attacks:peers`. Writes
// peers-flux.json, from which docs/ATTACKS.md is made; beside CI, since it is about others.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PeerRun } from './kit/peer-run.ts';
import { families } from './families.ts';
import type { Attack } from './kit/attack.ts';
import { Site } from './kit/site.ts';

const file = join(import.meta.dirname, 'peers-flux.json');
/** Longer than the client's own timeout of a minute: what is still there then is stuck. */
const PATIENCE_MS = 90_000;
/** Bytes of address space: a machine of the edge. Go reserves more than it uses. */
const MEMORY = 8 * 1024 ** 3;

const folder = mkdtempSync(join(tmpdir(), 'edgeseal-peers-'));
const program = join(folder, 'peer-flux');
const runs: Record<string, PeerRun> = {};
let site: Site | undefined;

const titles = /^A Git (server|tree|pack) /;
const attacks = families
  .filter(({ title }) => titles.test(title))
  .flatMap((family) => family.attacks as Attack[]);

beforeAll(() => {
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: join(import.meta.dirname, 'peer-flux'),
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(built.stderr);
}, 600_000);

afterAll(async () => {
  await site?.remove();
  writeFileSync(file, `${JSON.stringify(runs, null, 2)}\n`);
  rmSync(folder, { recursive: true });
});

it('takes an honest channel', async () => {
  site ??= await Site.make();
  const run = await fetched(site);
  expect(run).toMatchObject({ files: expect.any(Number) });
  expect(run.refused).toBeUndefined();
  runs['honest'] = run;
});

it.each(attacks.map((attack) => [attack.id, attack] as const))(
  '%s',
  { timeout: 2 * PATIENCE_MS },
  async (id, attack) => {
    site ??= await Site.make();
    try {
      await attack.setUp?.(site);
      const restore = site.channel.fork();
      await attack.strike(site);
      runs[id] = await fetched(site);
      restore();
      await site.relent();
      await site.recover();
    } catch (error) {
      await site.remove().catch(() => undefined);
      site = undefined;
      throw error;
    }
  },
);

async function fetched({ edge, channel }: Site): Promise<PeerRun> {
  const [, url = ''] = /url: "?([^"\s,}]+)/.exec(readFileSync(edge.config, 'utf8')) ?? [];
  const at = mkdtempSync(join(folder, 'clone-'));
  const branch = channel.ref.replace('refs/heads/', '');
  const command = ['prlimit', [`--as=${MEMORY}`, program, url, branch, at]] as const;
  const child = spawn(...command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, said] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (said += String(chunk).slice(0, 2000)));
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const signal = await new Promise<string | null>((resolve) => {
    child.on('close', (_code, name) => {
      resolve(name);
    });
  });
  clearTimeout(timer);
  rmSync(at, { recursive: true, force: true });
  if (signal === 'SIGKILL') return { ended: `still busy after ${PATIENCE_MS / 1000} s` };
  if (out === '') return { ended: said.split('\n')[0] ?? 'ended without a word' };
  return told(JSON.parse(out) as Told);
}

/** What the Go program says. */
interface Told {
  refused?: string;
  files: number;
  links: number;
  peakMB: number;
}

/** Only what is the same in each run. */
function told({ refused, files, links, peakMB }: Told): PeerRun {
  const memory = peakMB > 100 ? { peakMB: Math.round(peakMB / 100) * 100 } : {};
  if (refused === undefined)
    return { files: files + links, ...(links > 0 ? { links } : {}), ...memory };
  const words = refused
    .replace(/^unable to clone '[^']*': /, '')
    .replace(/https?:\/\/[^\s"/]*/g, '')
    .replace(/[0-9a-f]{40}/g, '...')
    .replace(/[^ -~\u200c]+/g, '?')
    .slice(0, 120);
  return { refused: words, ...memory };
}
