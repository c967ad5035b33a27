import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AllowList } from '../../../core/scan/allow/allow-list.ts';
import { allowedInLine } from '../../../core/scan/allow/comment.ts';
import { makeScanPlace, secretManifest } from '../../support/scanned.ts';

/** A region's private key, made up: 32 bytes in base64url. */
const key = (letter: string): string => `edgeseal-region-key-1-${letter.repeat(43)}`;

describe('a comment in the line', () => {
  it.each([
    ['token # edgeseal:allow', 'github-token'],
    ['token # edgeseal:allow an example of the documentation', 'github-token'],
    ['token # edgeseal:allow a well-known example', 'github-token'],
    ['token // edgeseal:allow github-token', 'github-token'],
    ['token // edgeseal:allow jwt, github-token -- made up', 'github-token'],
    ['<!-- edgeseal:allow github-token -->', 'github-token'],
    ['token # gitleaks:allow', 'github-token'],
    ['password: x # edgeseal:allow kubernetes-secret', 'kubernetes-secret'],
    [`${key('A')} # edgeseal:allow region-key -- a test's`, 'region-key'],
  ])('%s allows %s', (line, rule) => {
    expect(allowedInLine(line, rule)).toBe(true);
  });

  it.each([
    ['token', 'github-token'],
    ['token # edgeseal:allow aws-key', 'github-token'],
    ['token # edgeseal:allowed', 'github-token'],
    ['token # not-edgeseal:allow', 'github-token'],
    // What is secret by what it is has to be named.
    ['password: x # edgeseal:allow', 'kubernetes-secret'],
    ['password: x # gitleaks:allow', 'kubernetes-secret'],
    ['password: x # edgeseal:allow an example', 'known-value'],
  ])('%s does not allow %s', (line, rule) => {
    expect(allowedInLine(line, rule)).toBe(false);
  });
});

describe('the allow list', () => {
  const place = makeScanPlace();
  const list = (): string => readFileSync(join(place.repo, '.edgeseal-allow.yaml'), 'utf8');
  beforeAll(() => {
    place.write('a.md', `# One\n${key('A')}\n`);
    place.write('b.md', `${key('B')}\n${key('A')}\n`);
    place.commit('one');
  });
  afterAll(() => {
    place.remove();
  });

  it('takes a value with a reason only, and only one that is found', async () => {
    const without = await place.scan(['--allow', 'a.md:2']);
    expect([without.code, without.stderr]).toEqual([
      2,
      expect.stringContaining('a value is allowed for a reason'),
    ]);
    const nowhere = await place.scan(['--allow', 'a.md:1', '--reason', 'made up']);
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringContaining('nothing that is not allowed yet is found at a.md:1'),
    ]);
    expect((await place.scan(['--allow', 'a.md', '--reason', 'made up'])).code).toBe(2);
  });

  it('leaves the value alone in every file, line and commit, and no other', async () => {
    const { code, stdout } = await place.scan(['--allow', 'a.md:2', '--reason', 'made up']);
    expect([code, stdout]).toEqual([0, 'allowed: a.md:2:1 region-key\n']);
    expect(await place.found()).toEqual(['b.md:1 region-key']);
    place.write('a.md', `\n\n\nmoved: "${key('A')}"\n`);
    place.write('c.txt', key('A'));
    place.commit('moved');
    expect(await place.found()).toEqual(['b.md:1 region-key']);
    expect(await place.found(['--history'])).toEqual(['b.md:1 region-key']);
    expect(await place.found(['-'], { stdin: key('A') })).toEqual([]);
  });

  it('holds nothing of a value but a slow hash', () => {
    expect(list()).toContain('reason: "made up"');
    expect(list()).not.toContain('AAAAAAA');
    expect(list()).toMatch(/cost: 14/);
  });

  it('says what is listed in vain, where all was looked at', async () => {
    place.write('a.md', 'nothing\n');
    place.write('b.md', `${key('B')}\n`);
    expect((await place.scan()).stderr).not.toContain('no longer needed');
    place.write('c.txt', '');
    expect((await place.scan()).stderr).toContain(
      '1 entry is no longer needed in .edgeseal-allow.yaml: region-key in a.md',
    );
    expect((await place.scan(['b.md'])).stderr).not.toContain('no longer needed');
  });

  it('counts as it is staged, for what is staged', async () => {
    place.write('d.md', key('D'));
    place.git('add', 'd.md');
    await place.scan(['--allow', 'd.md:1', '--reason', 'made up']);
    expect(await place.found(['--staged'])).toEqual(['d.md:1 region-key']);
    place.git('add', '.edgeseal-allow.yaml');
    expect(await place.found(['--staged'])).toEqual([]);
  });

  it('passes no plaintext Secret without a reason, whoever wrote the entry', async () => {
    place.write('s.yaml', secretManifest('made-up-value'));
    expect((await place.scan(['--allow', 's.yaml:5', '--reason', 'a demo'])).code).toBe(0);
    expect(await place.found(['s.yaml'])).toEqual([]);
    place.write('.edgeseal-allow.yaml', list().replaceAll(/^ *reason: .*\n/gm, ''));
    expect(await place.found(['s.yaml'])).toEqual(['s.yaml:5 kubernetes-secret']);
    // Another value is another matter.
    place.git('checkout', '-q', '.edgeseal-allow.yaml');
    place.write('s.yaml', secretManifest('made-up-other-value'));
    expect(await place.found(['s.yaml'])).toEqual(['s.yaml:5 kubernetes-secret']);
  });

  it.each([
    'version: 2',
    'salt: x\ncost: 14\nversion: 1',
    '- a',
    'version: 1\nsalt: AAAAAAAAAAAAAAAAAAAAAA==\ncost: 40',
  ])('refuses a list that is none: %s', async (text) => {
    place.write('.edgeseal-allow.yaml', `${text}\n`);
    const { code, stdout, stderr } = await place.scan();
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('this is no allow list of edgeseal scan');
  });
});

describe('a baseline', () => {
  const place = makeScanPlace();
  afterAll(() => {
    place.remove();
  });

  it('takes what is secret by what it is with a reason only', async () => {
    place.write('a.txt', `${key('A')}\n${key('B')}\n`);
    const refused = await place.scan(['--write-baseline', 'base.yaml']);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('2 of the findings are secret by what they are'),
    ]);
    const written = ['--write-baseline', 'base.yaml', '--reason', 'made up'];
    const { code, stderr } = await place.scan(written);
    expect([code, stderr]).toEqual([0, 'base.yaml: 2 values\n']);
    expect(await place.found(['--baseline', 'base.yaml'])).toEqual([]);
    expect(await place.found()).toHaveLength(2);
  });

  it('lets nothing new pass, says what it has in vain, and drops it', async () => {
    place.write('a.txt', `${key('C')}\n${key('B')}\n`);
    const { code, stdout, stderr } = await place.scan(['--baseline', 'base.yaml']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^a\.txt:1:1: region-key [^\n]*\n$/);
    expect(stderr).toContain('1 entry is no longer needed in base.yaml: region-key in a.txt');
    expect(stderr).toContain('edgeseal scan --write-baseline base.yaml');
    const written = ['--write-baseline', 'base.yaml', '--reason', 'made up'];
    expect((await place.scan(written)).stderr).toContain('2 values, where it had 2');
    expect((await place.scan(['--baseline', 'base.yaml'])).stderr).not.toContain('no longer');
    expect((await place.scan(['--baseline', 'nowhere.yaml'])).code).toBe(2);
  });
});

it('makes another hash of a value in every list, and the same in one', async () => {
  const finding = { rule: 'r', line: 1, column: 1, message: '', masked: '', digest: 'made-up' };
  const one = new AllowList();
  const again = await AllowList.parse(one.format(), 'x');
  const hash = await one.hashOf(finding);
  expect(await again.hashOf(finding)).toBe(hash);
  expect(await new AllowList().hashOf(finding)).not.toBe(hash);
});
