import { looksChosen } from '../assignments/value.ts';
import type { TokenRule } from '../rule.ts';

const common = {
  remedy: 'change it, and give it to the program by a file, the environment or a prompt',
  check: looksChosen,
  generic: true,
};

/** Passwords among the arguments of well-known programs, without a name before them. */
export const commands: readonly TokenRule[] = [
  {
    ...common,
    id: 'curl-user-password',
    title: 'a password on the command line of curl',
    source: 'https://curl.se/docs/manpage.html#-u',
    keywords: ['curl'],
    before: 0,
    pattern:
      /\bcurl\b[^\n|;]{0,300}?[ \t](?:-[a-zA-Z]{0,4}u|--user|--proxy-user|-U)[ =]{0,2}["']?[^\s:"'$<{]{1,64}:(?<secret>[^\s"'@]{3,128})/dg,
  },
  {
    ...common,
    id: 'mysql-password',
    title: 'a password on the command line of MySQL',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/command-line-options.html',
    keywords: ['mysql', 'mariadb'],
    before: 0,
    pattern:
      /\b(?:mysql|mariadb)(?:dump|admin|import|check|sh)?\b[^\n|;]{0,200}?[ \t]-p["']?(?<secret>[^\s"'$`]{4,128})/dg,
  },
  {
    ...common,
    id: 'sshpass-password',
    title: 'a password on the command line of sshpass',
    source: 'https://linux.die.net/man/1/sshpass',
    keywords: ['sshpass'],
    before: 0,
    pattern: /\bsshpass[ \t]{1,4}-p[ \t]{0,4}["']?(?<secret>[^\s"'$]{4,128})/dg,
  },
  {
    ...common,
    id: 'login-password',
    title: 'a password on the command line of a login',
    source: 'https://docs.docker.com/reference/cli/docker/login/',
    keywords: ['login'],
    before: 40,
    pattern:
      /\b(?:docker|podman|buildah|skopeo|nerdctl|oc|az|helm registry|oras|crane|cf|heroku|ibmcloud)[ \t]{1,4}(?:auth )?login\b[^\n|;]{0,200}?[ \t]-p[ =]{0,2}["']?(?<secret>[^\s"'$]{4,128})/dg,
  },
  {
    ...common,
    id: 'sql-password',
    title: 'the password of a database user',
    source: 'https://dev.mysql.com/doc/refman/8.4/en/create-user.html',
    keywords: ['identified'],
    before: 0,
    pattern:
      /\b[Ii][Dd][Ee][Nn][Tt][Ii][Ff][Ii][Ee][Dd]\s{1,4}(?:[Ww][Ii][Tt][Hh]\s{1,4}\S{1,40}\s{1,4})?[Bb][Yy]\s{1,4}\\?["'](?<secret>[^"'\\\n]{4,128})["'\\]/dg,
  },
  {
    ...common,
    id: 'chpasswd-password',
    title: 'the password of a user of the system',
    source: 'https://man7.org/linux/man-pages/man8/chpasswd.8.html',
    keywords: ['chpasswd'],
    before: 200,
    after: 0,
    pattern:
      /\b(?:echo|printf)[ \t]{1,4}["']?[\w.-]{1,32}:(?<secret>[^\s"'|$]{4,128})["']?[ \t]{0,4}\|[ \t]{0,4}(?:sudo[ \t]{1,4})?chpasswd/dg,
  },
  {
    ...common,
    id: 'htpasswd-password',
    title: 'a password on the command line of htpasswd',
    source: 'https://httpd.apache.org/docs/2.4/programs/htpasswd.html',
    keywords: ['htpasswd'],
    before: 0,
    pattern:
      /\bhtpasswd[ \t]{1,4}-[a-zA-Z]{0,6}b[a-zA-Z]{0,6}[ \t]{1,4}(?:-[a-zA-Z]{1,4}[ \t]{1,4}){0,3}(?:[^\s-]\S{0,100}[ \t]{1,4}){1,2}["']?(?<secret>[^\s"'$]{4,128})/dg,
  },
  {
    ...common,
    id: 'redis-cli-password',
    title: 'a password on the command line of Redis',
    source: 'https://redis.io/docs/latest/develop/tools/cli/',
    keywords: ['redis-cli', 'valkey-cli'],
    before: 0,
    pattern:
      /\b(?:redis|valkey)-cli\b[^\n|;]{0,200}?[ \t](?:-a|--pass)[ =]{1,2}["']?(?<secret>[^\s"'$]{4,128})/dg,
  },
  {
    ...common,
    id: 'openssl-password',
    title: 'a password on the command line of OpenSSL',
    source: 'https://docs.openssl.org/master/man1/openssl-passphrase-options/',
    keywords: ['pass:'],
    before: 20,
    pattern: /[ "'](?:-pass(?:in|out)?|-k)["']?[ ,\t]{1,4}["']?pass:(?<secret>[^\s"'$]{4,128})/dg,
  },
];
