import { expect, it } from 'vitest';
import { scanFile } from '../../core/scan/scan-file.ts';
import { inspectText } from '../../core/scan/inspect-text.ts';
import { kindOfFile } from '../../core/scan/formats/file-kind.ts';
import { Report } from '../../core/scan/report.ts';
import { wholeSource } from '../../core/scan/structure/source.ts';

/** Over and over, each of these could make a reader look back, or ahead, further each time. */
const units = [
  ...[
    '[',
    '{',
    '- ',
    '? ',
    '&a ',
    '!a\n',
    'a:\n',
    'a\n',
    ' a\n',
    '\t-',
    '#',
    '[#',
    'a #',
    '[a:',
    '{a: [\n',
    'a: |\n',
    'x: "\n',
    "'",
    '"\\"',
    '"\n',
    '"\\\n',
    "'\\n",
  ],
  ...['{{', '{{ x }}', '{%', ' ', '\r', '\u2028', '\0\0', '\ue000', '\\', '%', 'é'],
  ...[
    'a: &x [*x,*x]\n',
    '<<: *x\n',
    'x: &x {a: b}\n<<: *x\n',
    'x: &x\n  kind: Secret\n  stringData: *x\n',
  ],
  ...[
    'kind: Secret\n',
    'kind: Secret\ndata: {a: b}\n---\n',
    'kind: EdgeSecret\nspec: {signatures: []}\n---\n',
    '{"kind":"Secret","data":{"a":"b"}}',
  ],
  ...[
    '```\nkind: Secret\n',
    '<<EOF\nkind: Secret\ndata:\n  a: b\nEOF\n',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----\n',
    'LS0tLS1CRUdJTi',
    'PuTTY-User-Key-File-2: ',
  ],
  ...[
    '://a:b',
    '://a:b@c ',
    'password: Abcd1234\n',
    'password ',
    '<password>a',
    'a:a:a:a:',
    '--password=x ',
    'A_TOKEN=1 ',
    'ENC[AES256_GCM,data:',
    '$ANSIBLE_VAULT;1.1;AES256\n',
  ],
];
const paths = [
  'a.yaml',
  'a.md',
  '.env',
  'a',
  '.netrc',
  '.pgpass',
  'a.xml',
  'a.ini',
  'htpasswd',
  'wg.conf',
  'a.go',
];

// Time would depend on the machine, so growth is measured, and only where a text costs something at all.
it('grows no faster than the text', async () => {
  const cost = async (path: string, text: string): Promise<number> => {
    const report = new Report();
    const before = process.cpuUsage();
    await inspectText(path, kindOfFile(path), wholeSource(text), report);
    report.findings(text, {});
    return process.cpuUsage(before).user / 1000;
  };
  for (const unit of units) {
    for (const begin of ['', '{"kind":"Secret",', 'kind: ConfigMap\ndata:\n  password: |\n    ']) {
      const of = (length: number): string => (begin + unit.repeat(length)).slice(0, length);
      for (const path of paths) {
        const long = await cost(path, of(65_536));
        if (long < 150) continue;
        // Linear is a factor of 4, quadratic of 16; the best of three is no accident.
        const short = Math.max(await cost(path, of(16_384)), 1);
        const again = Math.min(long, await cost(path, of(65_536)), await cost(path, of(65_536)));
        expect([path, begin, unit, again / short < 10 || again < 150]).toEqual([
          path,
          begin,
          unit,
          true,
        ]);
      }
    }
  }
});

it('throws nothing, whatever the bytes', async () => {
  let state = 1;
  const byte = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  };
  const words = units.map((unit) => Buffer.from(unit, 'utf8'));
  for (let turn = 0; turn < 300; turn += 1) {
    const parts = Array.from({ length: 40 }, () =>
      byte() < 20 ? Buffer.from([byte(), byte(), byte()]) : words[byte() % words.length]!,
    );
    const path = paths[turn % paths.length]!;
    await expect(scanFile(path, Buffer.concat(parts))).resolves.toBeInstanceOf(Array);
  }
});

it('looks through a file above any manifest', async () => {
  const one = 'apiVersion: v1\nkind: ConfigMap\ndata:\n  a: b\n---\n';
  const text = `${one.repeat(250_000)}kind: Secret\nstringData:\n  a: made-up\n`;
  const findings = await scanFile('all.yaml', Buffer.from(text));
  expect(findings.map(({ line, rule }) => [line, rule])).toEqual([
    [1_250_003, 'kubernetes-secret'],
  ]);
});
