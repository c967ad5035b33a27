import { describe, expect, it } from 'vitest';
import { assignments } from '../../../core/scan/tokens/assignments/assignments.ts';
import { TokenScanner } from '../../../core/scan/tokens/token-scanner.ts';

// All values here are made up.
const scanner = new TokenScanner([], [assignments]);
const values = (text: string, path = 'notes'): string[] =>
  scanner.scan(text, { path }).map(({ start, end }) => text.slice(start, end));

const p = 'Gr4nite!Kettle7';
const k = 'q7Xw2Lr9Tz4Vb8Nc1Mh6Yd3K';
const hex = '9c1f4be07a2d83d65e0b94af1c7728d3';

describe('a password that is given to a name is found', () => {
  const cases: [language: string, text: string, path: string][] = [
    ['Python', `DB_PASSWORD = "${p}"`, 'a.py'],
    ['Python, typed', `password: str = '${p}'`, 'a.py'],
    ['Python, a call', `connect(user="app", password="${p}")`, 'a.py'],
    ['Python, a dictionary', `{'password': '${p}'}`, 'a.py'],
    ['Python, a default', `os.getenv("DB_PASSWORD", "${p}")`, 'a.py'],
    ['Go', `password := "${p}"`, 'a.go'],
    ['Go, typed', `const dbPassword string = "${p}"`, 'a.go'],
    ['Go, a field', `cfg := Config{Password: "${p}"}`, 'a.go'],
    ['Go, bytes', `Password: []byte("${p}"),`, 'a.go'],
    ['Go, a raw string', `Password: \`${p}\`,`, 'a.go'],
    ['Java', `private static final String DB_PASSWORD = "${p}";`, 'A.java'],
    ['Java, a setter', `dataSource.setPassword("${p}");`, 'A.java'],
    ['Java, a map', `props.put("password", "${p}");`, 'A.java'],
    ['Kotlin', `val password: String = "${p}"`, 'a.kt'],
    ['TypeScript', `const password: string = '${p}';`, 'a.ts'],
    ['JavaScript, an object', `auth: { user: 'app', pass: '${p}' }`, 'a.js'],
    ['JavaScript, a default', `process.env.DB_PASSWORD || '${p}'`, 'a.js'],
    ['C#', `var password = @"${p}";`, 'a.cs'],
    ['C#, a connection string', `"Server=db;User Id=app;Password=${p};Encrypt=True"`, 'a.cs'],
    ['Ruby', `config.password => "${p}"`, 'a.rb'],
    ['PHP', `define('DB_PASSWORD', '${p}');`, 'a.php'],
    ['PHP, a variable', `$password = '${p}';`, 'a.php'],
    ['Rust', `let password: &str = "${p}";`, 'a.rs'],
    ['Swift', `let password = "${p}"`, 'a.swift'],
    ['Terraform', `  password = "${p}"`, 'main.tf'],
    ['Terraform, a list', `{ name = "DB_PASSWORD", value = "${p}" }`, 'main.tf'],
    ['Groovy', `storePassword '${p}'`, 'build.gradle'],
    ['SQL in a shell', `mysql --password=${p} app`, 'a.sh'],
    ['a shell', `export DB_PASS=${p}`, 'a.sh'],
    ['a shell, quoted', `export DB_PASS='${p}'`, 'a.sh'],
    ['a shell, a default', `DB_PASS="\${DB_PASS:-${p}}"`, 'a.sh'],
    ['an option', `tool --db-password ${p} --verbose`, 'a.sh'],
    ['PowerShell', `$env:DB_PASSWORD = "${p}"`, 'a.ps1'],
    ['properties', `spring.datasource.password=${p}`, 'application.properties'],
    ['ini', `password = ${p}`, 'my.ini'],
    ['env', `DB_PASSWORD=${p}`, '.env'],
    ['YAML', `  password: ${p}`, 'values.yaml'],
    ['YAML, quoted', `  dbPassword: "${p}"`, 'values.yaml'],
    ['the environment of a pod', `- name: DB_PASSWORD\n  value: "${p}"`, 'pod.yaml'],
    ['docker-compose', `      - POSTGRES_PASSWORD=${p}`, 'docker-compose.yml'],
    ['a Dockerfile', `ENV DB_PASSWORD ${p}`, 'Dockerfile'],
    ['JSON', `{"user": "app", "password": "${p}"}`, 'a.json'],
    ['JSON in a string', `"{\\"password\\": \\"${p}\\"}"`, 'a.go'],
    ['JSON, named', `{"name": "DB_PASSWORD", "value": "${p}"}`, 'task.json'],
    ['XML', `<password>${p}</password>`, 'settings.xml'],
    ['XML, an attribute', `<user name="app" password="${p}"/>`, 'tomcat-users.xml'],
    ['XML, a key', `<add key="DbPassword" value="${p}" />`, 'web.config'],
    ['XML, an entry', `<entry key="db.password">${p}</entry>`, 'a.xml'],
    ['a URL', `curl "https://example.org/?user=app&password=${p}&x=1"`, 'a.sh'],
    ['prose', `The password: ${p}`, 'README.txt'],
    ['redis', `requirepass ${p}`, 'redis.conf'],
    ['netrc', `machine example.org login app password ${p}`, 'notes'],
  ];
  it.each(cases)('%s: %s', (_, text, path) => expect(values(text, path)).toEqual([p]));

  it.each([
    'hunter2x',
    'dragon99',
    'correct-horse-battery-staple',
    'kqzvxjwp',
    'Summer2024!',
    'SuperSecret123!',
  ])('whatever it is made of: %s', (value) =>
    expect(values(`db_password = "${value}"`)).toEqual([value]),
  );
});

describe('a key that is given to a name is found', () => {
  const cases: [text: string, path: string][] = [
    [`api_key = "${k}"`, 'a.py'],
    [`apiKey: '${k}',`, 'a.ts'],
    [`"client_secret": "${k}"`, 'a.json'],
    [`X-Api-Key: ${k}`, 'a.http'],
    [`Authorization: Bearer ${k}`, 'a.http'],
    [`curl -H "Authorization: Bearer ${k}" https://example.org`, 'a.sh'],
    [`headers["Authorization"] = "Bearer ${k}"`, 'a.py'],
    [`headers: { 'Authorization': 'token ${k}' }`, 'a.js'],
    [`SECRET_KEY_BASE=${k}`, '.env'],
    [`export ACCESS_TOKEN=${k}`, 'a.sh'],
    [`AUTH_TOKEN: ${k}`, '.gitlab-ci.yml'],
    [`encryptionKey = "${hex}"`, 'A.java'],
    [`JWT_SECRET=${hex}`, '.env'],
    [`client.setApiKey("${k}")`, 'A.java'],
    [`<string name="api_key">${k}</string>`, 'strings.xml'],
    [`AccountKey=${k}==;EndpointSuffix=x`, 'a.config'],
    [`?access_token=${k}&page=2`, 'a.txt'],
    [`Here is the API key: ${k}`, 'a.md'],
    [`--token ${k}`, 'a.sh'],
  ];
  it.each(cases)('%s', (text, path) =>
    expect(values(text, path).map((value) => value.replace(/=+$/, ''))).toEqual([
      text.includes(hex) ? hex : k,
    ]),
  );

  it('as user and password of a Basic header', () => {
    const pair = Buffer.from(`app:${p}`).toString('base64');
    expect(values(`Authorization: Basic ${pair}`)).toEqual([pair]);
    expect(values(`"auth": "${pair}"`)).toEqual([pair]);
    const standIn = Buffer.from('user:password').toString('base64');
    expect(values(`Authorization: Basic ${standIn}\n"auth": "${standIn}"`)).toEqual([]);
  });
});

describe('what is no secret is left alone', () => {
  it.each([
    // References, look-ups, code.
    'password = os.getenv("DB_PASSWORD")',
    'password: process.env.DB_PASSWORD,',
    'const token = process.env.API_TOKEN;',
    'password = "$' + '{DB_PASSWORD}"',
    'password: {{ .Values.db.password }}',
    'password = var.db_password',
    'password: !vault |',
    'password = getPassword()',
    'password = "getPassword()"',
    'DB_PASSWORD=$(cat /run/secrets/db)',
    'DB_PASSWORD=$DB_PASS',
    'DB_PASSWORD_FILE=/run/secrets/db_password',
    'password: $(DB_PASSWORD)',
    'password = config["password"]',
    'const password = req.body.password;',
    'apiKey: "vault:secret/data/app#api-key"',
    'password: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3"',
    'token: "%s"',
    'password="%(password)s"',
    'password = "' + '*'.repeat(12) + '"',
    // Stand-ins.
    'password = "changeme"',
    'password = "change-me-please1"',
    'password: <password>',
    'password = "your-password-here"',
    'password = "example123"',
    'password = "test1234"',
    'password = "dummy-Passw0rd!"',
    'api_key = "xxxxxxxxxxxxxxxxxxxxxxxx"',
    'api_key = "your_api_key_goes_here_1234"',
    'api_key = "00000000000000000000000000000000"',
    'api_key = "1234567890abcdef1234567890abcdef"',
    'secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"',
    'password = "password"',
    'password = "passwd123"',
    'password = "mysecretpassword"',
    'password = null',
    'password: ""',
    'password = "p@$$w0rd"',
    'password = "secr3t"',
    'password = "aaaaaaaa"',
    "splitpasswd('user:passwd')",
    // Verdicts, prose, lists.
    '    --- PASS: TestAddrStringAllocs/ipv6+zone (0.00s)',
    'the idea is to pass "-tmp4dir!" to the linker',
    "paths: ['users[0].password', 'users[1].password']",
    // Names of other things.
    'password_field = "user_Passw0rd9"',
    'passwordHash: "k8Jq2vXz0bN4wRt6Yp1L"',
    'public_key = "k8Jq2vXz0bN4wRt6Yp1LmQ"',
    'key_id = "k8Jq2vXz0bN4wRt6Yp1LmQ"',
    'cache_key = "9c1f4be07a2d83d65e0b94af1c7728d3"',
    'key: "9c1f4be07a2d83d65e0b94af1c7728d3"',
    'idempotency-key: 3f2a9c1e-7b4d-4e8a-9c15-d2b6f0a4e871',
    'tokenizer = "k8Jq2vXz0bN4wRt6Yp1LmQ"',
    'secretName: db-credentials-2024',
    'author = "Gr4nite!Kettle7"',
    'monkey = "k8Jq2vXz0bN4wRt6Yp1LmQ"',
    'next_page_token = "k8Jq2vXz0bN4wRt6Yp1LmQ"',
    // Words, types, files, sentences, labels.
    'password: string;',
    'password: "Enter your password"',
    'password = "Passwort vergessen?"',
    'passwordLabel: "Password:"',
    'token = "service-account-token-name"',
    'secret: my-app-credentials',
    'secret = "kubernetes.io/service-account-token"',
    'password = "com.example.app.PasswordField"',
    'password = "/etc/secrets/password.txt"',
    'password = "db_password"',
    'token_url = "https://example.org/oauth2/token"',
    'token = "https://example.org/oauth2/token/v1/k8Jq2"',
    'api_key = "app@corp.example1"',
    'ssh_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKq7Xw2Lr9Tz4Vb8Nc1Mh6Yd3K"',
    'caKey: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUM',
    'Authorization: Bearer <token>',
    'Authorization: Bearer $TOKEN',
    'Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
    'logo_key = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"',
    'compare --keys k8Jq2vXz0bN4wRt6Yp1LmQ',
  ])('%s', (text) => expect(values(text)).toEqual([]));

  it('expressions, where a file is code', () => {
    expect(values(`password = Gr4nite_Kettle7x`, 'a.py')).toEqual([]);
    expect(values(`{password: k8Jq2vXz0bN4wRt6Yp1L}`, 'a.ts')).toEqual([]);
  });

  it('vectors in tests of cryptography', () => {
    const text = `PrivateKey: "9c1f4be07a2d83d65e0b94af1c7728d39c1f4be0"`;
    expect(values(text, 'crypto/ecdh/ecdh_test.go')).toEqual([]);
    expect(values(text, 'crypto/ecdh/ecdh.go')).toHaveLength(1);
    expect(values(text.replace('Private', 'Api'), 'crypto/ecdh/ecdh_test.go')).toHaveLength(1);
  });

  it('lock files, translations, minified code', () => {
    const text = `"password": "Gr4nite!Kettle7"`;
    for (const path of [
      'yarn.lock',
      'x/package-lock.json',
      'go.sum',
      'app.min.js',
      'de.po',
      'a.js.map',
    ])
      expect(values(text, path)).toEqual([]);
    expect(values(text, 'app.js')).toHaveLength(1);
  });
});
