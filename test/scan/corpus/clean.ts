/* eslint-disable no-template-curly-in-string -- what a shell fills in is what these texts are about */
/** Texts that give nothing away. All values are made up. */
interface Clean {
  what: string;
  path?: string;
  text: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret = (rest: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n${rest}`;
const pod = (container: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: nginx:1.27\n${container}`;
const sops =
  'ENC[AES256_GCM,data:Tr7o=,iv:1vzl4Ecw7tMs4k0s9KfUxkrmJd9zjV0VwF8DnDZfd8s=,tag:k8mZ1yC2Xq8pYQyLkMZt6Q==,type:str]';
const sealed =
  'AgBy3i4OJSWK+PiTySYZZA9rO43cGDEqy8Xk1mAbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdEfGhIjKlMnOpQrStUvWxYz';
const certificate =
  '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUMadeUp\n-----END CERTIFICATE-----\n';

export const clean: Clean[] = [
  { what: 'no data', text: secret('type: Opaque\n') },
  {
    what: 'a distribution policy, which names public keys',
    path: 'policy/distribution-policy.yaml',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: regional-secret-config}\ndata:\n  us-east-1-secrets: |\n    encryption-key: us-east-1-key\n  eu-secrets: |\n    encryption-key: us-east-key-2\n  dc-secrets: |\n    encryption-key: dc2-rack3-key\n',
  },
  {
    what: 'what is made anew for each request',
    path: 'ids.json',
    text: '{"correlationToken": "84c59ba1-4c98-483a-9c77-98998e9596b9", "csrf_token": "84c59ba1-4c98-483a-9c77-98998e9596b9"}\n',
  },
  {
    what: "a cache's key",
    path: 'ci.yml',
    text: `steps:\n- uses: actions/cache@v4\n  with: {key: "npm-linux-${'8380373574e0aabf'.repeat(4)}"}\n`,
  },
  { what: 'an example to fill in', path: '.env.example', text: 'DB_PASSWORD=changeme\n' },
  {
    what: "Java's own trust store",
    path: 'app.properties',
    text: 'javax.net.ssl.trustStorePassword=changeit\n',
  },
  { what: 'empty data', text: secret('data: {}\nstringData:\n') },
  { what: 'empty values', text: secret('data:\n  a: ""\n  b: null\n  c: ~\n  d:\n') },
  {
    what: "the seed's placeholders",
    text: secret(
      'data:\n  username: <base64-encoded-username>\n  password: <base64-encoded-password>\n',
    ),
  },
  {
    what: 'variables',
    text: secret(
      'stringData:\n  a: ${PASSWORD}\n  b: "$(X)"\n  c: $PASSWORD\n  d: "%PASSWORD%"\n  e: "${A:-}"\n',
    ),
  },
  {
    what: 'expressions',
    text: secret(
      'stringData:\n  b: "{{ .Values.b }}"\n  c: \'{{ lookup "a" }}\'\n  d: "${{ secrets.D }}"\n',
    ),
  },
  {
    what: 'what a person is to fill in',
    text: secret(
      'stringData:\n  a: REPLACE_ME\n  b: <fill-in>\n  c: YOUR_API_KEY_HERE\n  d: xxxxxxxx\n  e: "***"\n  f: TODO\n',
    ),
  },
  {
    what: 'placeholders in base64',
    text: secret(
      `data:\n  a: ${base64('<password>')}\n  b: ${base64('${PASSWORD}')}\n  c: ${base64('\n')}\n`,
    ),
  },
  {
    what: 'references of vals',
    text: secret(
      'stringData:\n  a: ref+vault://secret/data/db#/password\n  b: ref+awssecrets://db/password\n',
    ),
  },
  {
    what: 'references of bank-vaults',
    text: secret('data:\n  a: vault:secret/data/db#password\n'),
  },
  {
    what: 'references of the Argo CD Vault plugin',
    text: secret(
      'stringData:\n  a: <path:secret/data/db#password>\n  b: <password | base64encode>\n',
    ),
  },
  { what: 'references of 1Password', text: secret('stringData:\n  a: op://vault/item/field\n') },
  { what: 'only certificates', text: secret(`data:\n  ca.crt: ${base64(certificate)}\n`) },
  {
    what: 'a template of Helm',
    path: 'templates/secret.yaml',
    text: secret(
      'data:\n  a: {{ .Values.a | b64enc | quote }}\n  b: "{{ .Values.b }}"\n  {{- range $k, $v := .Values.c }}\n  {{ $k }}: {{ $v | b64enc }}\n  {{- end }}\n',
    ),
  },
  {
    what: 'a template that makes the value up',
    path: 'templates/secret.yaml',
    text: secret(
      'data:\n  password: {{ randAlphaNum 32 | b64enc }}\n  other: {{ .Values.x | default (randAlphaNum 10) | b64enc }}\n  c: {{ required "set c" .Values.c | b64enc }}\n',
    ),
  },
  {
    what: 'a template over lines',
    path: 'templates/secret.yaml',
    text: '{{- $s := lookup "v1" "Secret" .Release.Namespace "x" -}}\napiVersion: v1\nkind: Secret\ndata:\n  {{- with .Values.secrets }}\n  {{- toYaml . | nindent 2 }}\n  {{- end }}\n',
  },
  {
    what: 'a template in a block',
    path: 'templates/secret.yaml',
    text: secret('stringData:\n  conf: |\n    {{- .Values.conf | nindent 4 }}\n'),
  },
  {
    what: 'a kind of another group',
    text: 'apiVersion: vault.example.com/v1\nkind: Secret\ndata: {a: b}\n',
  },
  {
    what: 'a reference to a Secret',
    text: 'kind: Gateway\nspec:\n  certificateRefs:\n  - kind: Secret\n    name: tls\n',
  },
  {
    what: 'an ExternalSecret',
    text: 'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: db}\nspec:\n  refreshInterval: 1h\n  secretStoreRef: {kind: ClusterSecretStore, name: vault}\n  target:\n    name: db\n    template:\n      data:\n        url: "postgres://{{ .user }}:{{ .password }}@db/app"\n        password: "{{ .password }}"\n  data:\n  - secretKey: password\n    remoteRef: {key: prod/db, property: password}\n',
  },
  {
    what: 'a ClusterSecretStore',
    text: 'apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nspec:\n  provider:\n    vault:\n      server: https://vault.example.com\n      auth:\n        tokenSecretRef: {name: vault-token, key: token}\n',
  },
  {
    what: 'a SecretProviderClass',
    text: 'apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nspec:\n  provider: azure\n  parameters:\n    objects: |\n      array:\n        - |\n          objectName: db-password\n          objectType: secret\n  secretObjects:\n  - secretName: db\n    data: [{key: password, objectName: db-password}]\n',
  },
  {
    what: 'a SealedSecret',
    text: `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db, namespace: production}\nspec:\n  encryptedData:\n    password: ${sealed}\n    token: ${sealed}\n  template:\n    metadata: {name: db}\n    type: Opaque\n`,
  },
  {
    what: 'a SealedSecret of a page',
    text: 'kind: SealedSecret\nspec:\n  encryptedData:\n    foo: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq.....\n',
  },
  {
    what: 'a SealedSecret with a template that decrypts',
    text: `kind: SealedSecret\nspec:\n  encryptedData:\n    password: ${sealed}\n  template:\n    data:\n      conf: "password={{ index . \\"password\\" }}"\n`,
  },
  {
    what: 'SOPS',
    text: secret(
      `stringData:\n  a: ${sops}\n  b: ${sops}\nsops:\n  age:\n  - recipient: age1qqqq\n    enc: |\n      -----BEGIN AGE ENCRYPTED FILE-----\n      YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBNYWRlVXA=\n      -----END AGE ENCRYPTED FILE-----\n  lastmodified: "2026-01-01T00:00:00Z"\n  mac: ${sops}\n  version: 3.9.0\n`,
    ),
  },
  {
    what: 'SOPS in JSON',
    path: 'a.enc.json',
    text: JSON.stringify(
      { password: sops, api: { token: sops }, sops: { mac: sops, version: '3.9.0' } },
      null,
      1,
    ),
  },
  {
    what: 'SOPS in an env file',
    path: 'a.env',
    text: `DB_PASSWORD=${sops}\nsops_mac=${sops}\nsops_version=3.9.0\n`,
  },
  {
    what: 'SOPS in an ini file',
    path: 'a.ini',
    text: `[db]\npassword = ${sops}\n[sops]\nmac = ${sops}\n`,
  },
  {
    what: 'a vault of Ansible',
    path: 'vault.yml',
    text: `db_password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  ${'6238'.repeat(20)}\n  ${'3061'.repeat(20)}\nother_token: !vault |\n  $ANSIBLE_VAULT;1.2;AES256;prod\n  ${'6238'.repeat(20)}\n`,
  },
  {
    what: 'a file of Ansible Vault',
    path: 'group_vars/all/vault',
    text: `$ANSIBLE_VAULT;1.1;AES256\n${`${'3365'.repeat(20)}\n`.repeat(9)}`,
  },
  {
    what: 'a PGP message',
    path: 'secret.asc',
    text: `-----BEGIN PGP MESSAGE-----\n\n${`${'hQEMA0Mad9Up'.repeat(5)}\n`.repeat(6)}=abcd\n-----END PGP MESSAGE-----\n`,
  },
  {
    what: 'an age file',
    path: 'secret.age',
    text: `-----BEGIN AGE ENCRYPTED FILE-----\n${`${'YWdlLWVuY3J5'.repeat(5)}\n`.repeat(6)}-----END AGE ENCRYPTED FILE-----\n`,
  },
  {
    what: 'values from Secrets',
    text: pod(
      '    env:\n    - name: DB_PASSWORD\n      valueFrom:\n        secretKeyRef: {name: db, key: password}\n    - name: X_TOKEN\n      value: $(TOKEN)\n    envFrom:\n    - secretRef: {name: db}\n',
    ),
  },
  {
    what: 'variables about secrets',
    text: pod(
      '    env:\n    - {name: DB_PASSWORD_FILE, value: /run/secrets/db}\n    - {name: SECRET_NAME, value: db-credentials}\n    - {name: TOKEN_TTL, value: 3600s}\n    - {name: PASSWORD_MIN_LENGTH, value: "12"}\n    - {name: USE_TOKEN, value: "true"}\n    - {name: API_TOKEN, value: ""}\n    - {name: TOKEN_URL, value: "https://auth.example.com/token"}\n    - {name: PUBLIC_KEY, value: abcdefghij1234567890}\n    - {name: AWS_ACCESS_KEY_ID_SECRET, value: aws-secret}\n    - {name: MAX_TOKENS, value: "4096"}\n',
    ).replace('AWS_ACCESS_KEY_ID_SECRET, value: aws-secret', 'TOKEN_PATH, value: /var/run/token'),
  },
  {
    what: 'volumes of Secrets',
    text: 'kind: Pod\nspec:\n  imagePullSecrets: [{name: regcred}]\n  volumes:\n  - name: s\n    secret: {secretName: db, items: [{key: password, path: password.txt}]}\n  - name: t\n    projected:\n      sources:\n      - serviceAccountToken: {path: token, expirationSeconds: 3600}\n',
  },
  {
    what: 'options about secrets',
    text: pod(
      '    args:\n    - --password-file=/run/secrets/db\n    - --token=$(TOKEN)\n    - --secret-name=db\n    - --authentication-token-webhook=true\n    - --tls-private-key-file=/tls/tls.key\n    - --service-account-signing-key-file=/k\n',
    ),
  },
  {
    what: 'a ConfigMap',
    text: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  DB_HOST: db\n  DB_USER: app\n  PASSWORD_POLICY: strict\n  app.yaml: |\n    db: {host: db, passwordFile: /run/secrets/db}\n    password: ${DB_PASSWORD}\n',
  },
  {
    what: 'a certificate in a ConfigMap',
    text: `apiVersion: v1\nkind: ConfigMap\ndata:\n  ca.crt: |\n    ${certificate.replaceAll('\n', '\n    ')}\n  token: ""\n`,
  },
  {
    what: 'a role',
    text: 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nrules:\n- apiGroups: [""]\n  resources: [secrets, serviceaccounts/token]\n  verbs: [get, list]\n',
  },
  {
    what: 'a ServiceAccount',
    text: 'apiVersion: v1\nkind: ServiceAccount\nsecrets: [{name: a-token-x7k2p}]\nautomountServiceAccountToken: false\n',
  },
  {
    what: 'a CRD',
    text: 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  versions:\n  - schema:\n      openAPIV3Schema:\n        properties:\n          password: {type: string, description: The password of the user1}\n          token: {type: string, default: ""}\n',
  },
  {
    what: 'a Certificate',
    text: 'apiVersion: cert-manager.io/v1\nkind: Certificate\nspec:\n  secretName: tls-cert-2026\n  keystores: {pkcs12: {create: true, passwordSecretRef: {name: a, key: password}}}\n',
  },
  {
    what: 'values of Helm',
    path: 'values.yaml',
    text: 'auth:\n  existingSecret: db-credentials\n  password: ""\n  secretKeys: {adminPasswordKey: postgres-password, userPasswordKey: password}\n  usePasswordFiles: false\n  # password: changeme\ntokenReview: enabled\nimagePullSecrets: []\nserviceAccount: {token: null}\n',
  },
  {
    what: 'a values schema',
    path: 'values.schema.json',
    text: '{"properties":{"password":{"type":"string","title":"Password1","default":""},"secret":{"type":"object"}}}',
  },
  {
    what: 'an OpenAPI document',
    path: 'openapi.yaml',
    text: 'components:\n  schemas:\n    Login:\n      required: [password]\n      properties:\n        password: {type: string, format: password}\n        token: {type: string, example: string}\n',
  },
  {
    what: 'a kustomization',
    path: 'kustomization.yaml',
    text: 'kind: Kustomization\nsecretGenerator:\n- name: db\n  envs: [secrets.env]\n  files: [password.txt, key=keys/a.pem]\n- name: e\n  literals: [a=, "b=${B}"]\n',
  },
  {
    what: 'a kubeconfig with a plugin',
    path: 'kubeconfig',
    text: `apiVersion: v1\nkind: Config\nclusters:\n- cluster: {server: "https://1.2.3.4:6443", certificate-authority-data: ${base64(certificate)}}\nusers:\n- name: a\n  user:\n    exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks, get-token]}\n- name: b\n  user: {tokenFile: /run/token, client-key: /k.pem}\n`,
  },
  {
    what: 'a Docker configuration with a helper',
    path: '.docker/config.json',
    text: '{"auths":{"r.example.com":{}},"credsStore":"desktop","credHelpers":{"gcr.io":"gcloud"}}',
  },
  {
    what: 'an example of an env file',
    path: '.env.example',
    text: 'DB_PASSWORD=password\nAPI_KEY=your-api-key\nJWT_SECRET=\nTOKEN=xxxxxxxx\nSMTP_PASSWORD=secret\n',
  },
  {
    what: 'an env file of references',
    path: '.env',
    text: 'DB_PASSWORD=${DB_PASSWORD}\nTOKEN=$(cat /run/token)\nDB_PASSWORD_FILE=/run/secrets/db\nSECRET_NAME=db\nX_KEY_ID=1\nPASS_FILE=./pass\nAPI_TOKEN=op://v/i/f\n',
  },
  {
    what: '.npmrc with a variable',
    path: '.npmrc',
    text: '//registry.example.com/:_authToken=${NPM_TOKEN}\nalways-auth=true\n',
  },
  { what: '.pgpass without', path: '.pgpass', text: '# host:port:db:user:password\n' },
  {
    what: 'settings.xml with variables',
    path: 'settings.xml',
    text: '<settings><servers><server><password>${env.P}</password></server><server><password>{COQLCE6DU6GtcS5P=}</password></server></servers></settings>\n',
  },
  {
    what: 'Gradle without',
    path: 'gradle.properties',
    text: 'org.gradle.jvmargs=-Xmx2g\nsigning.keyId=\nkeystore.password.file=/x\n',
  },
  {
    what: 'a workflow',
    path: '.github/workflows/a.yml',
    text: 'on: push\npermissions: {id-token: write, contents: read}\njobs:\n  a:\n    steps:\n    - uses: actions/checkout@v5\n      with: {token: "${{ secrets.GITHUB_TOKEN }}", persist-credentials: false}\n    - run: npm publish\n      env: {NODE_AUTH_TOKEN: "${{ secrets.NPM_TOKEN }}"}\n',
  },
  {
    what: 'a compose file',
    path: 'compose.yaml',
    text: 'services:\n  db:\n    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/db\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it}\n    secrets: [db]\nsecrets:\n  db: {file: ./db.txt}\n',
  },
  {
    what: 'addresses of documentation',
    path: 'README.md',
    text: 'postgres://user:password@localhost:5432/db, https://user:pass@example.com, http://USER:PASSWORD@host, redis://:<password>@redis, amqp://guest:guest@localhost, https://${USER}:${TOKEN}@github.com, mysql://{user}:{password}@db, http://localhost:8080/a@b\n',
  },
  {
    what: 'public keys',
    path: 'id_ed25519.pub',
    text: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpMadeUpMadeUpMadeUpMadeUpMadeUp0 me@host\n',
  },
  {
    what: 'a PEM without a key',
    path: 'a.md',
    text: '-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n\n-----BEGIN PRIVATE KEY-----\n<your key>\n-----END PRIVATE KEY-----\n',
  },
  {
    what: 'code about keys',
    path: 'a.go',
    text: 'const pemType = "RSA PRIVATE KEY"\nif strings.HasPrefix(s, "-----BEGIN RSA PRIVATE KEY-----") {\n\treturn parsePrivateKeyFromPemEncodedBlockOfBytes(s)\n}\n',
  },
  {
    what: 'a program that makes Secrets',
    path: 'a.go',
    text: 'secret := &v1.Secret{\n\tTypeMeta: metav1.TypeMeta{Kind: "Secret", APIVersion: "v1"},\n\tData: map[string][]byte{"token": []byte(token)},\n}\n',
  },
  {
    what: 'a string of a program with a gap',
    path: 'a.py',
    text: 'MANIFEST = """\napiVersion: v1\nkind: Secret\nstringData:\n  password: {password}\n  b: %s\n"""\n',
  },
  {
    what: 'a heredoc with variables',
    path: 'up.sh',
    text: 'kubectl apply -f - <<EOF\napiVersion: v1\nkind: Secret\nstringData:\n  password: ${PASSWORD}\n  b: $B\n  c: $(cat c | base64)\nEOF\n',
  },
  { what: 'prose', path: 'NOTES', text: 'How to make a kind: Secret is told here: [see\n' },
  {
    what: "the page of Kubernetes' own documentation",
    path: 'docs/a.md',
    text: '```yaml\napiVersion: v1\nkind: Secret\ndata:\n  username: YWRtaW4=\n  password: MWYyZDFlMmU2N2Rm\n```\n',
  },
  { what: 'a broken file of another kind', text: 'kind: Deployment # not a Secret\ndata: [\n' },
  {
    what: 'translations',
    path: 'en.json',
    text: '{"password":"Password","forgotPassword":"Forgot your password?","token":"Access token","secret":"Geheim"}',
  },
  {
    what: 'a lock file',
    path: 'package-lock.json',
    text: '{"packages":{"node_modules/js-tokens":{"version":"4.0.0","integrity":"sha512-RdJUflcE3cUzKiMqQgsCu06FPu9UdIJO0beYbPhHN4k6apgJtifcoCtT9bcxOpYBtpD2kCM6Sbzg4CausW/PKQ=="}}}',
  },
  { what: 'nothing', text: '' },
  { what: 'an EdgeSecret of nothing', text: 'kind: EdgeSecret\n' },
  {
    what: 'pods that name Secrets',
    text: 'kind: Ingress\nspec:\n  tls:\n  - hosts: [a.example.com]\n    secretName: a-tls-2026\n',
  },
  {
    what: 'an encoded address without a password, or with a stand-in',
    path: 'a.txt',
    text: `r=https%3A%2F%2Fdb.example.dev%2Fx%40y\nDATABASE_URL=${base64('postgres://user:password@localhost/app')}\n`,
  },
  {
    what: 'arguments of calls that come from elsewhere',
    path: 'a.py',
    text: 'requests.get(url, auth=("user", "password"))\nrequests.get(url, auth=(user, password))\nc = DriverManager.getConnection(url, "sa", "your-password")\n',
  },
];
