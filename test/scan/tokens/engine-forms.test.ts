import { describe, expect, it } from 'vitest';
import { forms } from '../../../core/scan/tokens/forms/forms.ts';
import { TokenScanner } from '../../../core/scan/tokens/token-scanner.ts';

// All values here are made up.
const scanner = new TokenScanner(forms);
const found = (text: string): string[] =>
  scanner
    .scan(text, { path: 'notes' })
    .map(({ rule, start, end }) => `${rule} ${text.slice(start, end)}`);

function token(header: object, payload: object, signature = 'kq7Xw2Lr9Tz4Vb8Nc1Mh6Yd3KpQ'): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.${signature}`;
}

describe('a JSON Web Token', () => {
  const jwt = token({ alg: 'HS256', typ: 'JWT' }, { sub: 'made-up', exp: 1 });

  it.each(['', 'Authorization: Bearer ', '"', 'a=', String.raw`"x\n`, 'https://example.org/?t='])(
    'is found behind %j',
    (before) => expect(found(`${before}${jwt}`)).toEqual([`jwt ${jwt}`]),
  );

  it('is none without a signature, an algorithm, or JSON', () => {
    const { length } = jwt.split('.').slice(0, 2).join('.');
    for (const text of [
      jwt.slice(0, length + 1),
      token({ alg: 'none' }, { sub: 'made-up' }),
      token({ typ: 'JWT' }, { sub: 'made-up' }),
      'eyJhbGciOiJIUzI1NiIs0000.eyJhbGciOiJIUzI1NiIs.kq7Xw2Lr9Tz4Vb8Nc1Mh6Yd3KpQ',
      token({ alg: 'HS256', typ: 'JWT' }, { sub: '1234567890', name: 'John Doe', iat: 1516239022 }),
      token({ alg: 'HS256' }, { iss: 'supabase', role: 'anon', ref: 'abc' }),
    ])
      expect(found(text)).toEqual([]);
  });
});

describe('the hash of a password is found', () => {
  const salt = 'q7Xw2Lr9Tz4Vb8Nc';
  const long = 'kQ7Xw2Lr9Tz4Vb8Nc1Mh6Yd3KpQ5sJfG0eUiRaBtZxCvWnEoHy';
  const hex = '9c1f4be07a2d83d65e0b94af1c7728d3';
  it.each([
    ['bcrypt', `$2y$10$${long}7dP`],
    ['SHA-512', `$6$rounds=5000$${salt}$${(long + long).slice(0, 86)}`],
    ['SHA-256', `$5$${salt}$${long.slice(0, 43)}`],
    ['MD5', `$1$${salt.slice(0, 8)}$${long.slice(0, 22)}`],
    ['Apache', `$apr1$${salt.slice(0, 8)}$${long.slice(0, 22)}`],
    ['yescrypt', `$y$j9T$${salt}$${long.slice(0, 43)}`],
    ['Argon2', `$argon2id$v=19$m=65536,t=3,p=4$${salt}$${long.slice(0, 43)}`],
    ['PBKDF2', `$pbkdf2-sha256$29000$${salt}$${long.slice(0, 43)}`],
    ['Django', `pbkdf2_sha256$600000$${salt}$${long.slice(0, 43)}=`],
    ['Werkzeug', `scrypt:32768:8:1$${salt}$${hex}${hex}`],
    ['PostgreSQL', `SCRAM-SHA-256$4096:${salt}==$${long.slice(0, 43)}=:${long.slice(4, 47)}=`],
    ['LDAP', `{SSHA}${long.slice(0, 38)}==`],
    ['WordPress', `$P$B${long.slice(0, 30)}`],
    ['Drupal', `$S$D${long}9`],
  ])('%s', (_, hash) => {
    expect(hash.length).toBeGreaterThan(30);
    expect(found(`app:${hash}\n`)).toEqual([`password-hash ${hash}`]);
    if (hash.startsWith('$apr1')) {
      // As a compose file has it.
      const doubled = hash.replaceAll('$', '$$$$');
      expect(found(`"users=app:${doubled}"`)).toEqual([`password-hash ${doubled}`]);
    }
  });

  it('but not where nothing or one character stands for it', () => {
    expect(found(`$2y$10$${'x'.repeat(53)} $2y$10$abc {SHA} {SHA256}deadbeef $5$ $6$a$b`)).toEqual(
      [],
    );
  });
});

describe('a password among arguments is found', () => {
  it.each([
    'curl -u app:§ https://example.org',
    'curl -s --user "app:§" https://example.org',
    'mysql -h db -u root -p§ app',
    `mysqldump -uroot -p'§' app`,
    'sshpass -p § ssh app@example.org',
    `sshpass -p '§' scp a b:`,
    'docker login -u app -p § registry.example.org',
    `CREATE USER app IDENTIFIED BY '§';`,
    `alter user app identified with mysql_native_password by "§"`,
    `echo "app:§" | sudo chpasswd`,
    'htpasswd -bc /etc/htpasswd app §',
    'openssl rsa -in a.key -passin pass:§',
  ])('%s', (text) => {
    const [one, ...others] = found(text.replace('§', 'Gr4nite!Kettle7'));
    expect(one).toMatch(/-password Gr4nite!Kettle7$/);
    expect(others).toEqual([]);
    expect(found(text.replace('§', '$DB_PASSWORD'))).toEqual([]);
    expect(found(text.replace('§', 'password'))).toEqual([]);
  });

  it('but not a port', () => {
    expect(found('docker run -p 8080:80 app\nmysql -P3306 -p app')).toEqual([]);
  });
});
