import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeScanPlace, secretManifest } from '../../support/scanned.ts';

const at = (file: string): string => `${file}:5 kubernetes-secret`;

describe('files and folders', () => {
  const place = makeScanPlace();
  beforeAll(() => {
    place.write('.gitignore', 'ignored/\n*.log\n');
    for (const path of ['b.yaml', 'a/x.yaml', 'ignored/i.yaml', 'ignored/deep/j.yaml', 'k.log'])
      place.write(path, secretManifest('made-up-value'));
    symlinkSync('b.yaml', join(place.repo, 'link.yaml'));
  });
  afterAll(() => {
    place.remove();
  });

  it('looks at what Git would track, in the order of its paths', async () => {
    expect(await place.found()).toEqual([at('a/x.yaml'), at('b.yaml')]);
    place.git('add', '-A');
    expect(await place.found(['.'])).toEqual([at('a/x.yaml'), at('b.yaml')]);
  });

  it('looks at what is named, also where Git ignores it, once and by the name that was typed', async () => {
    expect(await place.found(['ignored'])).toEqual([
      at('ignored/deep/j.yaml'),
      at('ignored/i.yaml'),
    ]);
    expect(await place.found(['./b.yaml', 'b.yaml', 'a'])).toEqual([
      at('./b.yaml'),
      at('a/x.yaml'),
    ]);
    const file = join(place.repo, 'a/x.yaml');
    expect(await place.found([file])).toEqual([at(file)]);
    expect(await place.found(['../b.yaml'], { cwd: join(place.repo, 'a') })).toEqual([
      at('../b.yaml'),
    ]);
  });

  it('walks a folder outside of Git, but for .git, and a repository inside of it', async () => {
    const outside = join(place.folder, 'outside');
    mkdirSync(join(outside, '.git'), { recursive: true });
    place.write('../outside/.git/config.yaml', secretManifest('made-up-value'));
    place.write('../outside/one.yaml', secretManifest('made-up-value'));
    expect(await place.found(['.'], { cwd: outside })).toEqual([at('one.yaml')]);
    place.write('inner/.git/HEAD', '');
    place.write('inner/two.yaml', secretManifest('made-up-value'));
    expect(await place.found(['inner'])).toEqual([at('inner/two.yaml')]);
  });

  it('reads standard input', async () => {
    expect(await place.found(['-'], { stdin: secretManifest('made-up-value') })).toEqual([at('-')]);
    expect(await place.found(['-'], { stdin: 'nothing here\n' })).toEqual([]);
  });

  it('says what is wrong with what was typed', async () => {
    const cases: [string[], RegExp][] = [
      [['nowhere'], /nowhere: there is no such file or folder/],
      [['--staged', '--history'], /--staged and --history do not go together/],
      [['--range', 'nothing..HEAD'], /git knows no commits nothing\.\.HEAD/],
      [['--range', '--all'], /git knows no commits --all/],
      [['--explain', 'region-kye'], /did you mean region-key\?/],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await place.scan(args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toMatch(message);
    }
  });

  it('gives the same in the same order when there is enough for threads', async () => {
    const wide = makeScanPlace();
    const expected: string[] = [];
    for (let i = 100; i < 700; i += 1) {
      const path = `d${i % 7}/f${i}.yaml`;
      wide.write(path, i % 3 === 0 ? secretManifest(`made-up-${i}`) : 'kind: ConfigMap\n');
      if (i % 3 === 0) expected.push(at(path));
    }
    expect(await wide.found()).toEqual(expected.sort());
    expect((await wide.scan()).stderr).toContain('200 findings in 200 of 600 files');
    wide.remove();
  });
});

describe('commits', () => {
  const place = makeScanPlace();
  afterAll(() => {
    place.remove();
  });

  it('finds nothing where there is nothing yet', async () => {
    expect(await place.found(['--history'])).toEqual([]);
    expect(await place.found(['--staged'])).toEqual([]);
  });

  it('looks at exactly what is staged', async () => {
    place.write('README.md', 'one\n');
    place.commit('one');
    place.write('s.yaml', secretManifest('made-up-value'));
    place.write('clean.yaml', 'a: b\n');
    place.git('add', '-A');
    place.write('s.yaml', 'a: b\n');
    expect(await place.found(['--staged'])).toEqual([at('s.yaml')]);
    expect(await place.found(['--staged', 'clean.yaml'])).toEqual([]);
    place.git('reset', '-q', '--hard');
  });

  it('finds what history brought and took away again, with the oldest commit that brought it', async () => {
    place.write('gone.yaml', secretManifest('made-up-gone'));
    const brought = place.commit('brought');
    place.git('rm', '-q', 'gone.yaml');
    place.git('commit', '-q', '-m', 'taken away');
    place.write('gone.yaml', secretManifest('made-up-gone'));
    place.commit('brought again');
    place.git('rm', '-q', 'gone.yaml');
    place.git('commit', '-q', '-m', 'taken away again');
    expect(await place.found()).toEqual([]);
    const { code, stdout } = await place.scan(['--history', '--output', 'json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      findings: [
        {
          ...{ file: 'gone.yaml', line: 5, column: 13, rule: 'kubernetes-secret', masked: '****' },
          message: expect.stringContaining('made-up (password)') as string,
          ...{ commit: brought, author: 'author@example.com', commits: 2 },
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        },
      ],
    });
    expect(await place.found(['--range', `${brought}..HEAD~1`])).toEqual([at('gone.yaml')]);
    expect(await place.found(['--range', 'HEAD~1..HEAD'])).toEqual([]);
    expect(await place.found(['--history', 'README.md'])).toEqual([]);
  });

  it("finds a merge's own content, and what lies on a branch only", async () => {
    place.git('checkout', '-q', '-b', 'side');
    place.write('side.yaml', secretManifest('made-up-side'));
    place.commit('side');
    place.git('checkout', '-q', 'main');
    place.write('README.md', 'two\n');
    place.commit('two');
    place.git('merge', '-q', '--no-commit', '--no-ff', 'side');
    place.write('evil.yaml', secretManifest('made-up-evil'));
    place.git('rm', '-q', '-f', 'side.yaml');
    place.commit('merge');
    expect((await place.found(['--history'])).sort()).toEqual(
      ['evil.yaml', 'gone.yaml', 'side.yaml'].map(at),
    );
    expect(await place.found(['--range', 'HEAD~1..HEAD', 'evil.yaml'])).toEqual([at('evil.yaml')]);
  });

  it('keeps apart files whose names would be something else to git', async () => {
    place.write('\u0001:(glob)*\n.yaml', secretManifest('made-up-odd'));
    place.commit('odd');
    expect(await place.found(['--range', 'HEAD~1..HEAD'])).toEqual([at('\u0001:(glob)*\n.yaml')]);
    const { stdout } = await place.scan(['--range', 'HEAD~1..HEAD']);
    expect(stdout).toMatch(/^\?:\(glob\)\*\?\.yaml:5:13: kubernetes-secret \*\*\*\*: /);
  });

  it('reads a history that needs threads', async () => {
    for (let i = 0; i < 30; i += 1) {
      for (let k = 0; k < 10; k += 1)
        place.write(`many/${k}.yaml`, i === 7 && k === 3 ? secretManifest('made-up-7') : `${i}\n`);
      place.commit(`many ${i}`);
    }
    expect(await place.found(['--history', 'many'])).toEqual([at('many/3.yaml')]);
  });
});
