/* eslint-disable no-template-curly-in-string -- what a shell fills in is what these texts are about */
/** Texts that give a secret away, each with the lines on which it stands. All values are made up. */
export interface Leak {
  what: string;
  /** Default: a manifest. */
  path?: string;
  text: string;
  lines: number[];
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret = (rest: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: production\n${rest}`;
const pod = (container: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: nginx:1.27\n${container}`;
const key = (label: string, newline = '\n'): string =>
  [
    `-----BEGIN ${label}-----`,
    'MIIEpAIBAAKCAQEA7MadeUpNotAKeyZq81LsVx0pQw9T3rYuIoPaSdFgHjKlZx',
    'cVbNm1234567890QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUiOpAsDfGhJkL==',
    `-----END ${label}-----`,
  ].join(newline);

export const secrets: Leak[] = [
  { what: 'data', text: secret(`data:\n  password: ${base64('made-up')}\n`), lines: [7] },
  {
    what: 'several items',
    text: secret(`data:\n  a: ${base64('made-up')}\n  b: ${base64('x')}\n`),
    lines: [7, 8],
  },
  {
    what: 'stringData under an unsuggestive name',
    text: secret('stringData:\n  color: made-up\n'),
    lines: [7],
  },
  { what: 'a value of one character', text: secret('stringData:\n  a: x\n'), lines: [7] },
  { what: 'a value of one digit', text: secret('stringData:\n  a: 7\n'), lines: [7] },
  { what: 'a boolean', text: secret('stringData:\n  a: true\n'), lines: [7] },
  { what: 'a fraction', text: secret('stringData:\n  a: 1.5\n'), lines: [7] },
  { what: 'changeme', text: secret('stringData:\n  password: changeme\n'), lines: [7] },
  {
    what: 'changeme in base64',
    text: secret(`data:\n  password: ${base64('changeme\n')}\n`),
    lines: [7],
  },
  {
    what: 'no base64 where it should be',
    text: secret('data:\n  password: made up!\n'),
    lines: [7],
  },
  {
    what: 'a block literal',
    text: secret('stringData:\n  conf: |\n    made: up\n    or: not\n'),
    lines: [8],
  },
  {
    what: 'a block literal with indicators and a comment',
    text: secret('stringData:\n  conf: |2- # kept\n\n    made: up\n  b: |+\n    x\n\n'),
    lines: [9, 11],
  },
  { what: 'a folded value', text: secret('stringData:\n  conf: >-\n    made up\n'), lines: [8] },
  {
    what: 'folded base64',
    text: secret(
      `data:\n  a: >\n    ${base64('made-up'.repeat(9)).replace(/.{30}/, '$&\n    ')}\n`,
    ),
    lines: [8],
  },
  {
    what: 'a flow map',
    text: `{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: ${base64('made')}}}\n`,
    lines: [1],
  },
  {
    what: 'a flow map over lines',
    text: secret('stringData: {\n  a: made-up,\n  "b": \'made-up\'\n}\n'),
    lines: [7, 8],
  },
  {
    what: 'quoted keys and kind',
    text: `"apiVersion": "v1"\n"kind": 'Secret'\n'stringData':\n  "a": 'made-up'\n`,
    lines: [4],
  },
  {
    what: 'a quoted value over lines',
    text: secret('stringData:\n  a: "made\n    up"\n'),
    lines: [7],
  },
  {
    what: 'a plain value over lines',
    text: secret('stringData:\n  a:\n    made\n    up\n'),
    lines: [8],
  },
  { what: 'an escape', text: secret('stringData:\n  a: "made\\u002dup"\n'), lines: [7] },
  {
    what: 'an anchor and its alias',
    text: secret('stringData:\n  a: &v made-up\n  b: *v\n'),
    lines: [7],
  },
  {
    what: 'an alias of a map',
    text: `x: &v {a: made-up}\n---\nx: &d\n  a: made-up\nkind: Secret\nstringData: *d\n`,
    lines: [4],
  },
  {
    what: 'a merge key',
    text: 'x: &v\n  a: made-up\nkind: Secret\nstringData:\n  <<: *v\n',
    lines: [2],
  },
  {
    what: 'merge keys of a list',
    text: 'x: &v {a: made-up}\ny: &w {b: made-up}\nkind: Secret\nstringData:\n  <<: [*v, *w]\n',
    lines: [1, 2],
  },
  {
    what: 'a binary tag',
    text: secret(`data:\n  a: !!binary |\n    ${base64('made-up')}\n`),
    lines: [8],
  },
  { what: 'a tag', text: secret('stringData:\n  a: !!str 1234\n'), lines: [7] },
  {
    what: 'CRLF',
    text: secret('stringData:\n  a: made-up\n  b: |\n    x\n').replaceAll('\n', '\r\n'),
    lines: [7, 9],
  },
  { what: 'a byte order mark', text: `\ufeff${secret('stringData:\n  a: made-up\n')}`, lines: [7] },
  { what: 'tabs for spaces', text: secret('stringData:\n\ta: made-up\n'), lines: [7] },
  {
    what: 'the third of several documents',
    text: `kind: ConfigMap\n---\n# nothing\n---\n${secret('stringData:\n  a: made-up\n')}`,
    lines: [11],
  },
  {
    what: 'behind a document that cannot be read',
    text: `a: [\n---\nb: "\n---\n${secret('stringData:\n  a: made-up\n')}...\nx: }\n`,
    lines: [11],
  },
  {
    what: 'an item of a List',
    text: `apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n- kind: Secret\n  data:\n    a: ${base64('made')}\n`,
    lines: [7],
  },
  {
    what: 'a SecretList whose items have no kind',
    text: `apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: a}\n  data:\n    a: ${base64('made')}\n`,
    lines: [6],
  },
  {
    what: 'kind behind the data',
    text: `apiVersion: v1\ndata:\n  a: ${base64('made')}\nkind: Secret\nmetadata:\n  name: a\n`,
    lines: [3],
  },
  {
    what: 'kubectl get -o yaml',
    text: `apiVersion: v1\ndata:\n  a: ${base64('made')}\nkind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {"apiVersion":"v1","kind":"Secret","stringData":{"a":"made"}}\n  name: a\ntype: Opaque\n`,
    lines: [3, 8],
  },
  {
    what: 'an object of an OpenShift template',
    text: 'kind: Template\nobjects:\n- kind: Secret\n  stringData: {a: made-up}\n- kind: Secret\n  stringData: {a: "${A}"}\n',
    lines: [4],
  },
  {
    what: 'extraObjects of Helm values',
    text: 'image: x\nextraObjects:\n  - apiVersion: v1\n    kind: Secret\n    stringData:\n      a: made-up\n',
    lines: [6],
  },
  {
    what: 'a manifest as text in a ConfigMap',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  s.yaml: |\n    kind: Secret\n    stringData:\n      a: made-up\n',
    lines: [7],
  },
  {
    what: 'a manifest as text in Helm values',
    text: 'extraDeploy:\n  - |\n    apiVersion: v1\n    kind: Secret\n    stringData:\n      a: made-up\n',
    lines: [6],
  },
  {
    what: 'a manifest as escaped text',
    text: 'manifest: "kind: Secret\\nstringData:\\n  a: made-up\\n"\n',
    lines: [1],
  },
  {
    what: 'a manifest of Argo CD',
    text: 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n        extra:\n          kind: Secret\n          stringData:\n            a: made-up\n',
    lines: [10],
  },
  {
    what: 'a machine that writes a manifest',
    text: 'kind: KubeadmConfig\nspec:\n  files:\n  - path: /x.yaml\n    content: |\n      kind: Secret\n      data:\n        a: bWFkZQ==\n',
    lines: [8],
  },
  {
    what: 'one placeholder, one value',
    text: secret('stringData:\n  a: <a>\n  b: made-up\n  c: ${C}\n'),
    lines: [8],
  },
  {
    what: 'markup that is no placeholder',
    text: secret('stringData:\n  a: <x pw="made-up"/>\n'),
    lines: [7],
  },
  {
    what: 'a template of Helm with a literal',
    path: 'templates/secret.yaml',
    text: secret(
      'data:\n  {{- if .Values.a }}\n  a: {{ .Values.a | b64enc }}\n  {{- end }}\n  b: bWFkZQ==\n  c: {{ .Values.c }}\n',
    ),
    lines: [10],
  },
  {
    what: 'a template with a name from values',
    path: 'templates/secret.yaml',
    text: 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ include "x.fullname" . }}\n  labels:\n    {{- include "x.labels" . | nindent 4 }}\ntype: Opaque\nstringData:\n  url: made-up\n',
    lines: [9],
  },
  {
    what: 'a literal that a template encodes',
    path: 'templates/secret.yaml',
    text: secret('data:\n  password: {{ "made-up" | b64enc | quote }}\n'),
    lines: [7],
  },
  {
    what: 'a literal that a template falls back to',
    path: 'templates/secret.yaml',
    text: secret('data:\n  password: {{ .Values.p | default "made-up" | b64enc }}\n'),
    lines: [7],
  },
  {
    what: 'a template of Jinja',
    path: 'secret.yml.j2',
    text: secret('stringData:\n{% if a %}\n  a: "{{ a }}"\n{% endif %}\n  b: made-up\n'),
    lines: [10],
  },
  {
    what: 'a template in a block',
    path: 'templates/s.yaml',
    text: '{{- if .Values.on }}\napiVersion: v1\nkind: Secret\nstringData:\n  conf: |\n    user = made-up\n{{- end }}\n',
    lines: [6],
  },
  { what: 'JSON', path: 'a.json', text: '{"kind":"Secret",\n"data":{"a":"bWFkZQ=="}}', lines: [2] },
  {
    what: 'minified JSON',
    path: 'a.json',
    text: '{"apiVersion":"v1","kind":"Secret","stringData":{"a":"b"}}',
    lines: [1],
  },
  {
    what: 'indented JSON',
    path: 'a.json',
    text: JSON.stringify(
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a' },
        data: { a: 'bWFkZQ==', b: 'bWFkZQ==' },
      },
      null,
      2,
    ),
    lines: [8, 9],
  },
  {
    what: 'an array of JSON',
    path: 'a.json',
    text: '[{"kind":"ConfigMap"},\n{"kind":"Secret","stringData":{"a":"b"}}]',
    lines: [2],
  },
  {
    what: 'lines of JSON',
    path: 'a.jsonl',
    text: '{"kind":"ConfigMap"}\n{"kind":"Secret","stringData":{"a":"b"}}\n',
    lines: [2],
  },
  {
    what: 'JSON with escapes',
    path: 'a.json',
    text: '{"k\\u0069nd":"Secret","string\\u0044ata":{"a":"b"}}',
    lines: [1],
  },
  {
    what: 'a List of JSON',
    path: 'a.json',
    text: JSON.stringify(
      { kind: 'List', items: [{ kind: 'Secret', data: { a: 'bWFkZQ==' } }] },
      null,
      1,
    ),
    lines: [7],
  },
  {
    what: 'a copy that an editor left',
    path: 'db.yaml.bak',
    text: secret('data:\n  a: bWFkZQ==\n'),
    lines: [7],
  },
  {
    what: 'a file without an ending',
    path: 'db',
    text: secret('data:\n  a: bWFkZQ==\n'),
    lines: [7],
  },
  {
    what: 'an ending of nobody',
    path: 'db.manifest',
    text: secret('data:\n  a: bWFkZQ==\n'),
    lines: [7],
  },
  {
    what: 'an odd name',
    path: 'déployer/ein "Name"\n.YAML',
    text: secret('data:\n  a: bWFkZQ==\n'),
    lines: [7],
  },
  {
    what: 'an EdgeSecret by its path only',
    path: 'secrets/production/db.yaml',
    text: secret('data:\n  a: bWFkZQ==\n'),
    lines: [7],
  },
  {
    what: 'a page',
    path: 'docs/a.md',
    text: `# How\n\n\`\`\`yaml\n${secret('stringData:\n  a: made-up\n')}\`\`\`\nThen apply it.\n`,
    lines: [10],
  },
  {
    what: 'a heredoc of a script',
    path: 'up.sh',
    text: `set -e\nkubectl apply -f - <<EOF\n${secret('stringData:\n  a: made-up\n')}EOF\necho done\n`,
    lines: [9],
  },
  {
    what: 'a heredoc of Terraform',
    path: 'a.tf',
    text: `resource "x" "y" {\n  yaml = <<-YAML\n    apiVersion: v1\n    kind: Secret\n    data:\n      a: bWFkZQ==\n  YAML\n}\n`,
    lines: [6],
  },
  {
    what: 'a string of a program',
    path: 'a_test.go',
    text: 'package a\n\nconst manifest = `\napiVersion: v1\nkind: Secret\nstringData:\n  a: made-up\n`\n',
    lines: [7],
  },
  {
    what: 'a TLS Secret',
    text: secret(
      `type: kubernetes.io/tls\ndata:\n  tls.crt: ${base64('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')}\n  tls.key: ${base64(key('EC PRIVATE KEY'))}\n`,
    ),
    lines: [9],
  },
  {
    what: 'a Docker configuration in a Secret',
    text: secret(
      `type: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: ${base64('{"auths":{"r.example.com":{"auth":"' + base64('made:up') + '"}}}')}\n`,
    ),
    lines: [8],
  },
  {
    what: 'a patch of kustomize',
    text: 'patches:\n- target: {kind: Secret, name: a}\n  patch: |-\n    - op: replace\n      path: /stringData/password\n      value: made-up\n',
    lines: [6],
  },
  {
    what: 'literals of a secretGenerator',
    path: 'kustomization.yaml',
    text: 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsecretGenerator:\n- name: db\n  literals:\n  - color=made-up\n  - "b=made-up"\n  - c=$(C)\n',
    lines: [6, 7],
  },
  {
    what: 'a secretGenerator without a kind',
    path: 'kustomization.yml',
    text: 'secretGenerator:\n- name: db\n  literals: [a=b]\n',
    lines: [3],
  },
  {
    what: 'plaintext in a SealedSecret',
    text: 'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec:\n  encryptedData:\n    a: made-up\n    b: bWFkZS11cA==\n',
    lines: [6, 7],
  },
  {
    what: 'a literal in the template of a SealedSecret',
    text: 'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  template:\n    data:\n      password: made-up-1\n',
    lines: [6],
  },
  {
    what: 'a literal in the template of an ExternalSecret',
    text: 'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec:\n  target:\n    template:\n      data:\n        password: made-up-1\n',
    lines: [7],
  },
  {
    what: 'what a SealedSecret was made of',
    text: 'kind: SealedSecret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: \'{"kind":"Secret","data":{"a":"bWFkZQ=="}}\'\n',
    lines: [4],
  },
  {
    what: 'SOPS with a value left open',
    text: secret(
      'stringData:\n  a: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n  b: made-up\nsops:\n  mac: x\n',
    ),
    lines: [8],
  },
  {
    what: 'a sops block beside plaintext',
    text: secret(
      'stringData:\n  b: made-up\nsops:\n  mac: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n  version: 3.9.0\n',
    ),
    lines: [7],
  },
  {
    what: 'ENC without sops',
    text: secret('stringData:\n  a: ENC[AES256_GCM,data:AA==]\n'),
    lines: [7],
  },
];

export const others: Leak[] = [
  {
    what: 'a variable of a Pod',
    text: pod('    env:\n    - name: DB_PASSWORD\n      value: made-up\n'),
    lines: [10],
  },
  {
    what: 'a variable in a flow map',
    text: pod('    env: [{name: API_TOKEN, value: "made-up-1"}]\n'),
    lines: [8],
  },
  {
    what: 'a variable of a Deployment',
    text: 'apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      initContainers:\n      - env:\n        - {name: A, value: b}\n        - value: s3cr3t-made-up\n          name: MYSQL_ROOT_PASSWORD\n',
    lines: [9],
  },
  {
    what: 'a variable of a CronJob',
    text: 'apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - env:\n            - name: PGPASSWORD\n              value: "1234"\n',
    lines: [11],
  },
  {
    what: 'an address in a variable',
    text: pod(
      '    env:\n    - name: DATABASE_URL\n      value: postgres://app:made-up-1@db:5432/app\n',
    ),
    lines: [10],
  },
  {
    what: 'an option of a command',
    text: pod('    args: ["--port=1", "--password=made-up"]\n'),
    lines: [8],
  },
  {
    what: 'an option and its value',
    text: pod('    command:\n    - app\n    - --db-password\n    - made-up\n'),
    lines: [11],
  },
  {
    what: 'an option in a line of a shell',
    text: pod('    command: [sh, -c, "app --port 1 --auth-token made-up-1 --x"]\n'),
    lines: [8],
  },
  {
    what: 'a variable in a line of a shell',
    text: pod(
      '    command:\n    - sh\n    - -c\n    - |\n      export DB_PASSWORD=made-up-1\n      app\n',
    ),
    lines: [12],
  },
  {
    what: 'a password in a ConfigMap',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  DB_HOST: db\n  DB_PASSWORD: made-up\n',
    lines: [5],
  },
  {
    what: 'properties in a ConfigMap',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  app.properties: |\n    a=b\n    spring.datasource.password=made-up\n',
    lines: [6],
  },
  {
    what: 'YAML in a ConfigMap',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  app.yaml: |\n    db:\n      user: a\n      password: made-up1\n',
    lines: [7],
  },
  {
    what: 'JSON in a ConfigMap',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  a.json: \'{"db":{"password":"made-up1"}}\'\n',
    lines: [4],
  },
  {
    what: 'an address in a ConfigMap',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  url: redis://:made-up-1@redis:6379/0\n',
    lines: [4],
  },
  {
    what: 'a private key in a ConfigMap',
    text: `apiVersion: v1\nkind: ConfigMap\ndata:\n  tls.pem: |\n    ${key('PRIVATE KEY', '\n    ')}\n`,
    lines: [5],
  },
  {
    what: 'a private key in a ConfigMap, in base64',
    text: `apiVersion: v1\nkind: ConfigMap\nbinaryData:\n  k: ${base64(key('RSA PRIVATE KEY'))}\n`,
    lines: [4],
  },
  {
    what: 'a literal of a configMapGenerator',
    path: 'kustomization.yaml',
    text: 'configMapGenerator:\n- name: a\n  literals:\n  - DB_PASSWORD=made-up\nkind: Kustomization\n',
    lines: [4],
  },
  {
    what: 'a parameter of Argo CD',
    text: 'kind: Application\nspec:\n  source:\n    helm:\n      parameters:\n      - name: db.password\n        value: made-up\n',
    lines: [7],
  },
  {
    what: 'values of Helm',
    path: 'values.yaml',
    text: 'db:\n  auth:\n    rootPassword: Made-up-1\n',
    lines: [3],
  },
  {
    what: 'a kubeconfig',
    path: '.kube/config',
    text: `apiVersion: v1\nkind: Config\nclusters: []\nusers:\n- name: a\n  user:\n    client-certificate-data: ${base64('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')}\n    client-key-data: ${base64(key('RSA PRIVATE KEY'))}\n`,
    lines: [8],
  },
  {
    what: 'a token of a kubeconfig',
    path: 'admin.kubeconfig',
    text: 'apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: {token: made-up-token}\n- name: b\n  user:\n    username: b\n    password: made-up\n',
    lines: [5, 9],
  },
  {
    what: 'a Docker configuration',
    path: '.docker/config.json',
    text: `{\n "auths": {\n  "https://index.docker.io/v1/": {\n   "auth": "${base64('made:up-1')}"\n  }\n }\n}\n`,
    lines: [4],
  },
  {
    what: 'a .env file',
    path: '.env',
    text: '# made up\nA=b\nDB_PASSWORD=made-up\nexport API_KEY="made-up-2" # x\nEMPTY_SECRET=\n',
    lines: [3, 4],
  },
  {
    what: 'a .env file of a stage',
    path: 'app/.env.production',
    text: 'JWT_SECRET=made-up-3\r\nX=y\r\n',
    lines: [1],
  },
  {
    what: 'an env file for a generator',
    path: 'base/secrets.env',
    text: 'password=made-up\n',
    lines: [1],
  },
  {
    what: 'a compose file',
    path: 'docker-compose.yml',
    text: 'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: made-up\n  web:\n    environment:\n      - API_TOKEN=made-up-1\n',
    lines: [4, 7],
  },
  {
    what: '.npmrc',
    path: '.npmrc',
    text: 'registry=https://registry.example.com/\n//registry.example.com/:_authToken=made-up-token\n',
    lines: [2],
  },
  {
    what: '.netrc',
    path: 'home/.netrc',
    text: 'machine a.example.com login me password made-up\nmachine b.example.com\n  login me\n  password made-up\n',
    lines: [1, 4],
  },
  {
    what: '.pypirc',
    path: '.pypirc',
    text: '[pypi]\nusername = __token__\npassword = made-up-1\n',
    lines: [3],
  },
  { what: '.pgpass', path: '.pgpass', text: '# made up\ndb:5432:*:app:made-up\n', lines: [2] },
  {
    what: '.my.cnf',
    path: '.my.cnf',
    text: '[client]\nuser=root\npassword="made-up"\n',
    lines: [3],
  },
  {
    what: '.git-credentials',
    path: '.git-credentials',
    text: 'https://me:made-up-1@git.example.com\n',
    lines: [1],
  },
  {
    what: '.htpasswd',
    path: '.htpasswd',
    text: 'me:$apr1$madeupsa$MadeUpMadeUpMadeUpMadeU\n',
    lines: [1],
  },
  {
    what: 'settings.xml',
    path: '.m2/settings.xml',
    text: '<settings>\n <servers><server>\n  <id>a</id>\n  <password>made-up-1</password>\n </server></servers>\n</settings>\n',
    lines: [4],
  },
  {
    what: 'gradle.properties',
    path: 'gradle.properties',
    text: 'org.gradle.daemon=true\nsigning.password=made-up-1\n',
    lines: [2],
  },
  {
    what: 'tfvars',
    path: 'prod.tfvars',
    text: 'region = "eu"\ndb_password = "made-up-1"\n',
    lines: [2],
  },
  {
    what: 'a state of Terraform',
    path: 'terraform.tfstate',
    text: '{"version":4,\n"outputs":{"x":{"value":"made-up","type":"string",\n"sensitive":true}},\n"resources":[{"instances":[{"attributes":{\n"password":"Made-up-1"}}]}]}',
    lines: [2, 5],
  },
  {
    what: 'a configuration of WireGuard',
    path: 'wg0.conf',
    text: `[Interface]\nPrivateKey = ${Buffer.from('made up, made up, made up, made!').toString('base64')}\nAddress = 10.0.0.1/24\n`,
    lines: [2],
  },
  {
    what: 'a key file of Google',
    path: 'sa.json',
    text: `{\n  "type": "service_account",\n  "private_key_id": "0",\n  "private_key": "${key('PRIVATE KEY', '\\n')}\\n",\n  "client_email": "a@b.iam.gserviceaccount.com"\n}\n`,
    lines: [4],
  },
  {
    what: 'a JWK',
    path: 'key.jwk',
    text: '{"kty":"EC","crv":"P-256",\n"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\n"d":"MadeUpMadeUpMadeUpMadeUpMadeUpMadeUpMadeUp0"}',
    lines: [3],
  },
  ...[
    'RSA PRIVATE KEY',
    'PRIVATE KEY',
    'EC PRIVATE KEY',
    'DSA PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
  ].map((label) => ({ what: label, path: 'id_rsa', text: `${key(label)}\n`, lines: [1] })),
  {
    what: 'a private key in a program',
    path: 'a.py',
    text: `x = 1\nKEY = """${key('RSA PRIVATE KEY')}"""\n`,
    lines: [2],
  },
  {
    what: 'a private key with escapes',
    path: 'a.env',
    text: `A=1\nKEY="${key('PRIVATE KEY', '\\n')}"\n`,
    lines: [2],
  },
  {
    what: 'a key of PuTTY',
    path: 'id.ppk',
    text: `PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAAC3NzaC1lZDI1NTE5\nPrivate-Lines: 1\nMadeUpMadeUp1234567890qwertyuiop\nPrivate-MAC: 00\n`,
    lines: [1],
  },
  {
    what: 'a key of age',
    path: 'keys.txt',
    text: '# created: now\nAGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE6\n',
    lines: [2],
  },
  {
    what: 'an address in a program',
    path: 'a.go',
    text: 'package a\n\nvar dsn = "mysql://app:M4de-Up@db.example.com/app"\n',
    lines: [3],
  },
  {
    what: 'a workflow',
    path: '.github/workflows/a.yml',
    text: 'jobs:\n  a:\n    env:\n      A: ${{ secrets.A }}\n      NPM_TOKEN: made-up-token-1\n',
    lines: [5],
  },
];
