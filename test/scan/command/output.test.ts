import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { catalogue } from '../../../cli/scan/rules/catalogue.ts';
import { makeScanPlace, secretManifest } from '../../support/scanned.ts';

const place = makeScanPlace();
const odd = 'odd, %0A::error::"<&>\n.yaml';
const value = 'made-up-value-never-shown';

beforeAll(() => {
  place.write('a.yaml', secretManifest(value));
  place.write(odd, secretManifest(value));
});
afterAll(() => {
  place.remove();
});

it.each(['text', 'json', 'sarif', 'junit', 'github'])('shows no value as %s', async (format) => {
  const { code, stdout, stderr } = await place.scan(['--output', format]);
  expect(code).toBe(1);
  expect(stdout + stderr).not.toContain(value);
  expect(stdout).toContain('kubernetes-secret');
  expect(stderr).toContain('2 findings in 2 of 2 files');
});

it('gives a script what it needs, and no more', async () => {
  const { stdout } = await place.scan(['a.yaml', '--output', 'json']);
  expect(JSON.parse(stdout)).toEqual({
    findings: [
      {
        ...{ file: 'a.yaml', line: 5, column: 13, rule: 'kubernetes-secret', masked: '****' },
        message: expect.stringContaining('made-up (password)') as string,
      },
    ],
  });
});

it('says what to do, once for each rule', async () => {
  const { stdout, stderr } = await place.scan();
  expect(stdout.split('\n')[0]).toMatch(
    /^a\.yaml:5:13: kubernetes-secret \*\*\*\*: plaintext Secret made-up \(password\)$/,
  );
  expect(stderr.match(/^kubernetes-secret: edgeseal seal FILE/gm)).toHaveLength(1);
});

it('lets no file name speak to GitHub', async () => {
  const { stdout } = await place.scan(['--output', 'github']);
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(2);
  for (const line of lines)
    expect(line).toMatch(/^::error file=[^:,\n]*,line=5,col=13,title=[a-z-]+::/);
});

it('escapes names in JUnit and SARIF', async () => {
  const junit = (await place.scan(['--output', 'junit'])).stdout;
  expect(junit).toContain('tests="2" failures="2"');
  expect(junit).toContain('odd, %0A::error::&quot;&lt;&amp;&gt;&#10;.yaml');
  const { stdout } = await place.scan(['--output', 'sarif']);
  const { version, runs } = JSON.parse(stdout) as {
    version: string;
    runs: { tool: { driver: { rules: { id: string }[] } }; results: object[] }[];
  };
  expect([version, runs[0]!.tool.driver.rules.map(({ id }) => id)]).toEqual([
    '2.1.0',
    ['kubernetes-secret'],
  ]);
  expect(runs[0]!.results[1]).toMatchObject({
    ruleId: 'kubernetes-secret',
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'odd%2C%20%250A%3A%3Aerror%3A%3A%22%3C%26%3E%0A.yaml' },
          region: { startLine: 5, startColumn: 13 },
        },
      },
    ],
  });
});

it('is content with nothing, in every format', async () => {
  for (const format of ['text', 'json', 'sarif', 'junit', 'github']) {
    const { code, stdout } = await place.scan(['-', '--output', format], { stdin: 'nothing\n' });
    expect({ format, code }).toEqual({ format, code: 0 });
    if (format === 'json') expect(JSON.parse(stdout)).toEqual({ findings: [] });
    if (format === 'junit') expect(stdout).toContain('failures="0"');
  }
});

it('has a word on every rule there is', async () => {
  const sources = readdirSync('core/scan', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(`core/scan/${file}`, 'utf8'));
  const used = sources.flatMap((text) => [...text.matchAll(/\brule: '([a-z0-9-]+)'/g)]);
  const known = new Set((await catalogue()).map(({ id }) => id));
  expect(used.length).toBeGreaterThan(20);
  expect(used.map(([, id = '']) => id).filter((id) => !known.has(id))).toEqual([]);
});

it('explains its rules', async () => {
  const { code, stdout } = await place.scan(['--rules']);
  expect(code).toBe(0);
  const ids = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(' ')[0]!);
  expect(ids).toEqual(expect.arrayContaining(['kubernetes-secret', 'region-key']));
  for (const id of ids.slice(0, 5)) {
    const explained = await place.scan(['--explain', id]);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toMatch(/format: +\S.*\n +remedy: +\S/);
  }
});
