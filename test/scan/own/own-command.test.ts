import { afterAll, expect, it } from 'vitest';
import { makeScanPlace, secretManifest } from '../../support/scanned.ts';

const place = makeScanPlace();
afterAll(() => {
  place.remove();
});

const config = String.raw`
title = "made up"

[extend]
useDefault = true
path = "shared.toml"
disabledRules = ["acme-old"]

[[rules]]
id = "acme-token"
description = "An Acme token."
regex = '''(?i)acme[_-]?key\s*=\s*"?(ACME-[a-z0-9]{12})'''
entropy = 3
keywords = ["acme"]

[[rules.allowlists]]
regexTarget = "line"
regexes = ['''# made up$''']

[[rules]]
id = "acme-pair"
regex = '''(acme-user)-(\d{4})'''
secretGroup = 2

[[rules]]
id = "acme-store"
description = "A key store of Acme"
path = '''(^|/)acme\.jks$'''

[[allowlists]]
description = "tests"
condition = "AND"
paths = ['''^docs/''']
stopwords = ["example"]
`;
const shared = String.raw`
[[rules]]
id = "acme-old"
regex = '''old-acme-[0-9]{6}'''
[[rules]]
id = "acme-shared"
regex = '''shared-acme-[0-9]{6}'''
[allowlist]
paths = ['''vendor/''']
`;

it('reads rules as gitleaks does', async () => {
  place.write('.gitleaks.toml', config);
  place.write('shared.toml', shared);
  place.write(
    'a.txt',
    [
      'ACME_KEY = "acme-0a1b2c3d4e5f"',
      'acme_key = acme-aaaaaaaaaaaa',
      'acme_key = acme-0a1b2c3d4e5f # made up',
      'acme-user-1234',
      'old-acme-123456, shared-acme-123456',
      'acme_key = acme-0a1b2c3d4e5f # edgeseal:allow acme-token',
    ].join('\n'),
  );
  place.write('acme.jks', 'x');
  place.write('docs/x.txt', 'acme_key=acme-0example0a1b');
  place.write('src/x.txt', 'acme_key=acme-0example0a1b');
  place.write('vendor/x.txt', 'acme_key=acme-0a1b2c3d4e5f');
  const expected = [
    'a.txt:1 acme-token',
    'a.txt:4 acme-pair',
    'a.txt:5 acme-shared',
    'acme.jks:1 acme-store',
    'src/x.txt:1 acme-token',
  ];
  expect(await place.found()).toEqual(expected);
  const { stdout } = await place.scan(['a.txt']);
  expect(stdout).toContain('a.txt:1:13: acme-token ****: An Acme token\n');
  expect(stdout).toContain('a.txt:4:11: acme-pair ****: acme-pair of .gitleaks.toml\n');
  expect(stdout).not.toContain('0a1b2c3d4e5f');
  // On threads, too.
  for (let i = 0; i < 300; i += 1) place.write(`many/${i}.txt`, '\n');
  expect(await place.found()).toEqual(expected);
});

it('leaves alone what an allow list names, but nothing that is secret by what it is', async () => {
  place.write('vendor/s.yaml', secretManifest('made-up-value'));
  expect(await place.found(['vendor'])).toEqual(['vendor/s.yaml:5 kubernetes-secret']);
});

it('takes a file that is named, and the staged one for what is staged', async () => {
  place.write('other.toml', `[[rules]]\nid = "other"\nregex = "oth+er"\n`);
  expect(await place.found(['-', '--config', 'other.toml'], { stdin: 'othher' })).toEqual([
    '-:1 other',
  ]);
  place.git('add', 'a.txt');
  expect(await place.found(['--staged'])).toEqual([]);
  place.git('add', '.gitleaks.toml', 'shared.toml');
  expect((await place.found(['--staged', 'a.txt'])).length).toBe(3);
  expect((await place.scan(['--config', 'nowhere.toml'])).code).toBe(2);
});

it.each([
  [`[[rules]]\nid = "x"\nregex = '(?=a)'`, 'rule x: regex: (?= is not of Go'],
  [`[[rules]]\nid = "x"\nregex = 'a'\n[[rules.required]]\nid = "y"`, 'rule x: required'],
  [`[[rules]]\nregex = 'a'`, 'a rule has no id'],
  [`[allowlist]\ncommits = ["abc"]`, 'the allow list: commits'],
  [`[extend]\nurl = "https://example.com/x"`, 'extend.url: rules come from no network'],
  [`[extend]\npath = "nowhere"`, 'extend.path: there is no nowhere'],
  ['[[rules]', 'not TOML: '],
])('refuses by name what it cannot read: %s', async (text, why) => {
  place.write('.gitleaks.toml', text);
  const { code, stdout, stderr } = await place.scan();
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('.gitleaks.toml');
  expect(stderr).toContain(why);
});

it('stops a pattern that would take for ever, and says so', async () => {
  place.write('.gitleaks.toml', `[[rules]]\nid = "slow"\nregex = '(a+)+b'\n`);
  const { code, stdout, stderr } = await place.scan(['-'], { stdin: 'a'.repeat(5000) });
  expect([code, stdout]).toEqual([6, '']);
  expect(stderr).toContain('the rule slow took too long and was stopped');
});
