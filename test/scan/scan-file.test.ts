import { describe, expect, it } from 'vitest';
import { scanFile } from '../../core/scan/scan-file.ts';
import { generateRegionKey } from '../../core/crypto/region-key.ts';

// All values here are made up.
const scan = async (text: string | Uint8Array, path = 'deploy/db.yaml'): Promise<string[]> => {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const findings = await scanFile(path, bytes);
  return findings.map(({ rule, line }) => `${line} ${rule}`);
};
const secret = (rest: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: production\n${rest}`;

describe('plaintext Secrets that are found', () => {
  const cases: Record<string, [text: string, found: string[], path?: string]> = {
    data: [secret('data:\n  password: bWFkZS11cA==\n'), ['7 kubernetes-secret']],
    stringData: [secret('stringData:\n  password: made-up\n'), ['7 kubernetes-secret']],
    'a block literal': [secret('stringData:\n  conf: |\n    made: up\n'), ['8 kubernetes-secret']],
    'a folded value': [secret('stringData:\n  conf: >-\n    made up\n'), ['8 kubernetes-secret']],
    'a flow map': [
      '{apiVersion: v1, kind: Secret, data: {a: bWFkZQ==}}\n',
      ['1 kubernetes-secret'],
    ],
    'quoted keys and kind': [
      `"kind": "Secret"\n'stringData':\n  "a": 'made-up'\n`,
      ['3 kubernetes-secret'],
    ],
    'an integer value': [secret('stringData:\n  pin: 1234\n'), ['7 kubernetes-secret']],
    CRLF: [secret('stringData:\n  a: made-up\n').replaceAll('\n', '\r\n'), ['7 kubernetes-secret']],
    'a binary tag': [secret('data:\n  a: !!binary bWFkZS11cA==\n'), ['7 kubernetes-secret']],
    'an alias': [
      'x: &v made-up\ny:\n  kind: Secret\n  stringData: {a: *v}\n',
      ['1 embedded-secret'],
    ],
    'a merge key': [
      'x: &v {kind: Secret, stringData: {a: made-up}}\ny:\n  <<: *v\n',
      ['1 embedded-secret'],
    ],
    'the third of several documents': [
      `kind: ConfigMap\n---\n# nothing\n---\n${secret('stringData:\n  a: made-up\n')}`,
      ['11 kubernetes-secret'],
    ],
    'beside a document that cannot be parsed': [
      `cpu: 0.5\n---\n${secret('stringData:\n  a: made-up\n')}---\na: [\n`,
      ['9 kubernetes-secret'],
    ],
    'an item of a List': [
      'apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n- kind: Secret\n  data:\n    a: bWFkZQ==\n',
      ['7 kubernetes-secret'],
    ],
    'an object inside of another': [
      'kind: Template\nobjects:\n- kind: Secret\n  stringData: {a: made-up}\n',
      ['4 embedded-secret'],
    ],
    'a manifest inside of a text': [
      'kind: ConfigMap\ndata:\n  s.yaml: |\n    kind: Secret\n    stringData:\n      a: made-up\n',
      ['6 embedded-secret'],
    ],
    JSON: ['{"kind":"Secret",\n"data":{"a":"bWFkZQ=="}}', ['2 kubernetes-secret'], 'a.json'],
    'JSON with a number YAML would refuse here': [
      '{"items":[\n{"cpu":0.5},\n{"kind":"Secret","data":{"a":"bWFkZQ=="}}]}',
      ['3 embedded-secret'],
      'a.json',
    ],
    'a copy that an editor left': [
      secret('data:\n  a: bWFkZQ==\n'),
      ['7 kubernetes-secret'],
      'db.yaml.bak',
    ],
    'a file without an ending': [secret('data:\n  a: bWFkZQ==\n'), ['7 kubernetes-secret'], 'db'],
    'an EdgeSecret by path only': [
      secret('data:\n  a: bWFkZQ==\n'),
      ['7 kubernetes-secret'],
      'secrets/production/db.yaml',
    ],
    'one placeholder, one value': [
      secret('stringData:\n  a: <a>\n  b: made-up\n'),
      ['8 kubernetes-secret'],
    ],
    'a sops file with one value left open': [
      secret(
        'stringData:\n  a: ENC[AES256_GCM,data:AA==,type:str]\n  b: made-up\nsops:\n  mac: x\n',
      ),
      ['8 kubernetes-secret'],
    ],
    'ENC without sops': [
      secret('stringData:\n  a: ENC[AES256_GCM,data:AA==]\n'),
      ['7 kubernetes-secret'],
    ],
    'markup that is no placeholder': [
      secret('stringData:\n  a: <x pw="made-up"/>\n'),
      ['7 kubernetes-secret'],
    ],
  };
  for (const [what, [text, found, path]] of Object.entries(cases)) {
    it(what, async () => {
      expect(await scan(text, path)).toEqual(found);
    });
  }

  it('UTF-16, as PowerShell writes it', async () => {
    const text = secret('stringData:\n  a: made-up\n');
    const little = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    const big = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]);
    expect(await scan(little)).toEqual(['7 kubernetes-secret']);
    expect(await scan(big)).toEqual(['7 kubernetes-secret']);
    expect(await scan(Buffer.concat([big, Buffer.from([0])]))).toHaveLength(1);
  });

  it('in what no parser takes', async () => {
    expect(await scan(secret('stringData:\n  a: made-up\n\tb: x\n'))).toEqual([
      '7 unreadable-secret',
      '8 unreadable-secret',
    ]);
    expect(await scan(secret('data: {a: bWFkZQ==\n'))).toEqual(['6 unreadable-secret']);
    expect(await scan('{"kind": "Secret",\n"data": {"a": "bWFkZQ=="},}}', 'a.json')).toHaveLength(
      1,
    );
    const template = 'data:\n  a: {{ .Values.a }}\n  b: bWFkZQ==\n';
    expect(await scan(secret(template))).toEqual(['8 unreadable-secret']);
  });

  it('in a page about it', async () => {
    const page = `# How to\n\n    ${secret('data:\n  a: b\n').replaceAll('\n', '\n    ')}`;
    expect(await scan(page, 'docs/howto.md')).toEqual(['9 embedded-secret']);
  });
});

describe('what is let pass', () => {
  const cases: Record<string, [text: string, path?: string]> = {
    'no data': [secret('type: Opaque\n')],
    'empty data': [secret('data: {}\nstringData:\n')],
    'empty values': [secret('data:\n  a: ""\n  b: null\n')],
    "the seed's placeholders": [
      secret(
        'data:\n  username: <base64-encoded-username>\n  password: <base64-encoded-password>\n',
      ),
    ],
    'what a tool fills in': [
      secret('stringData:\n  a: $' + '{PASSWORD}\n  b: "{{ .Values.b }}"\n  c: $(X)\n'),
    ],
    'a template that no parser takes': [secret('data:\n  a: {{ .Values.a | b64enc }}\n  # b: x\n')],
    'a kind of another group': ['apiVersion: vault.example.com/v1\nkind: Secret\ndata: {a: b}\n'],
    'other kinds': ['kind: EdgeSecret\ndata: {a: b}\n---\nkind: SealedSecret\ndata: {a: b}\n'],
    'an ExternalSecret that refers to one': [
      'kind: ExternalSecret\nspec: {target: {kind: Secret}}\n',
    ],
    'a reference': ['kind: Deployment\nref: {kind: Secret, name: db}\n'],
    'what sops encrypted': [
      secret('data:\n  a: ENC[AES256_GCM,data:AA==,type:str]\nsops:\n  mac: x\n'),
    ],
    'prose without an ending': [`How to make a kind: Secret is told here: [see\n`, 'NOTES'],
    'a broken file of another kind': ['kind: Deployment # not a Secret\ndata: [\n'],
    nothing: [''],
  };
  for (const [what, [text, path]] of Object.entries(cases)) {
    it(what, async () => {
      expect(await scan(text, path)).toEqual([]);
    });
  }
});

describe('private region keys', () => {
  it('are found in any file, on their line', async () => {
    const { line } = await generateRegionKey();
    const key = Buffer.from(line.reveal()).toString();
    expect(await scan(`${key}\n`, 'us-east.key')).toEqual(['1 region-key']);
    expect(await scan(`# edgeseal-region-key-1-...\n\nconst k = "${key}";\n`, 'src/a.ts')).toEqual([
      '3 region-key',
    ]);
    expect(
      await scan(Buffer.concat([Buffer.from([0, 255, 10]), Buffer.from(key)]), 'a.bin'),
    ).toEqual(['2 region-key']);
  });

  it('are not what merely names the prefix', async () => {
    expect(await scan('one line: edgeseal-region-key-1-<base64url>\n', 'README.md')).toEqual([]);
  });
});

it('never carries a value', async () => {
  const value = 'made-up-value-that-must-not-show';
  const texts = [
    secret(`stringData:\n  a: ${value}\n`),
    secret(`stringData:\n  a: ${value}: [\n`),
    secret(`stringData:\n  "${value} ": made-up\n`),
    `kind: Secret\nmetadata: {name: "${value} x"}\nstringData: {a: ${value}}\n`,
    `kind: Secret\nstringData: ${value}\n`,
  ];
  for (const text of texts) {
    const findings = await scanFile('a.yaml', Buffer.from(text));
    expect(findings).toHaveLength(1);
    expect(JSON.stringify(findings)).not.toContain(value);
  }
});

it('survives what is hostile', async () => {
  const deep = `kind: Secret\ndata:\n  a: ${'['.repeat(5000)}\n`;
  expect(await scan(deep)).toEqual([]);
  const bomb = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`);
  await expect(scan(`kind: Secret\na-1: &a-1 x\n${bomb.join('\n')}\n`)).resolves.toEqual([]);
  const json = `{"kind":"Secret","a":${'['.repeat(3000)}${']'.repeat(3000)},"data":{"a":"bWFkZQ=="}}`;
  expect(await scan(json, 'a.json')).toEqual(['1 unreadable-secret']);
  const proto = '{"kind":"Secret","data":{"__proto__":"bWFkZQ=="}}';
  expect(await scan(proto, 'a.json')).toEqual(['1 kubernetes-secret']);
});
