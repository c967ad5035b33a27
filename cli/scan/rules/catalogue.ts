/** What a rule looks for, for `--rules` and `--explain`. */
export interface RuleAbout {
  id: string;
  title: string;
  /** Where the format is published. */
  source: string;
  remedy: string;
}

const revoke =
  'revoke it where it was issued, make a new one, and keep that one sealed: edgeseal seal';
const change = 'change it, and keep the new one sealed or in the environment: edgeseal seal';
const seal = 'edgeseal seal FILE --remove; what was pushed once is known: replace the values';
const secretV1 =
  'https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/';

type Row = [id: string, title: string, source: string, remedy: string];

const structure: RuleAbout[] = (
  [
    [
      'kubernetes-secret',
      'a value of a Kubernetes Secret, also inside of a List, a template or a text',
      secretV1,
      seal,
    ],
    [
      'unreadable-secret',
      'what looks like a Secret with values, in a file that no YAML parser takes',
      secretV1,
      'mend the file and scan it again, or seal what it holds',
    ],
    [
      'embedded-secret',
      'a Secret with values, written into another kind of file',
      secretV1,
      'seal the Secret by itself, and take it out of the file',
    ],
    [
      'kubernetes-config',
      'a password, key or token in a ConfigMap',
      'a name such as password, and a value that is no stand-in',
      'move the value into a Secret, and seal that: edgeseal seal',
    ],
    [
      'kubernetes-env',
      "a password, key or token in a container's environment or arguments",
      'a name such as password, and a value that is no stand-in',
      'move the value into a Secret (secretKeyRef), and seal that: edgeseal seal',
    ],
    [
      'plain-credential',
      'a password, key or token in a field of a manifest or values file',
      'a name such as password, and a value that is no stand-in',
      'move the value into a Secret, and seal that: edgeseal seal',
    ],
    [
      'env-secret',
      'a password, key or token in a file of variables (.env)',
      'a name such as password, and a value that is no stand-in',
      change,
    ],
    [
      'config-secret',
      'a password, key or token in a configuration file',
      'a name such as password, and a value that is no stand-in',
      change,
    ],
    [
      'url-password',
      'a password in an address',
      'https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1',
      change,
    ],
    [
      'connection-string',
      'a password in a connection string',
      'a string of NAME=VALUE pairs, as drivers of databases take it',
      change,
    ],
    [
      'private-key',
      'a private key, of any kind',
      'https://www.rfc-editor.org/rfc/rfc7468',
      'replace the key pair, and all that rests on it',
    ],
    [
      'age-secret-key',
      'the private key of age',
      'https://age-encryption.org/v1',
      'make a new key, and seal all that it could open anew',
    ],
    [
      'region-key',
      'the private key of a region, which opens everything that is sealed for it',
      'docs/FORMAT.md',
      'move it out of the repository; if it was pushed: edgeseal region revoke, and replace every value it could open',
    ],
    [
      'wireguard-key',
      'the private key of a WireGuard peer',
      'https://www.wireguard.com/',
      'make a new key pair (wg genkey), and give its public half to the peers',
    ],
    [
      'key-store',
      'a file of private keys (PKCS #12, Java)',
      'https://www.rfc-editor.org/rfc/rfc7292',
      'replace the keys in it, and keep it sealed: edgeseal seal',
    ],
    [
      'npmrc-token',
      'a token in .npmrc',
      'https://docs.npmjs.com/cli/configuring-npm/npmrc',
      'npm token revoke, and write $NPM_TOKEN into the file',
    ],
    [
      'netrc-password',
      'a password in .netrc',
      'https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html',
      change,
    ],
    [
      'pgpass-password',
      'a password in .pgpass',
      'https://www.postgresql.org/docs/current/libpq-pgpass.html',
      change,
    ],
    [
      'maven-password',
      "a password in Maven's settings",
      'https://maven.apache.org/settings.html#Servers',
      'change it, and write a variable (env.NAME) into the file',
    ],
    [
      'xml-password',
      'a password in an XML file',
      'a name such as password, and a value that is no stand-in',
      change,
    ],
    [
      'known-value',
      'a value that was sealed or opened in this clone, as it is or encoded',
      'docs/guides/scan.md',
      'take it out; what was pushed once is known: edgeseal set SECRET ITEM',
    ],
  ] satisfies Row[]
).map(([id, title, source, remedy]) => ({ id, title, source, remedy }));

/** Every rule there is, by id. */
export async function catalogue(): Promise<RuleAbout[]> {
  const { scannedRules } = await import('../../../core/scan/tokens/engine.ts');
  const rules = new Map(structure.map((rule) => [rule.id, rule]));
  for (const { id, title, source, remedy = revoke } of scannedRules)
    if (!rules.has(id)) rules.set(id, { id, title, source, remedy });
  return [...rules.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What to do about a finding of a rule, the repository's own ones too. */
export async function remedyOf(id: string): Promise<string> {
  const rule = (await catalogue()).find((one) => one.id === id);
  return rule?.remedy ?? revoke;
}
