import { rank } from '../report.ts';
import type { Report } from '../report.ts';
import { isPlaceholder } from '../structure/placeholder.ts';
import type { Source } from '../structure/source.ts';

/** A kind of file whose lines hold a secret at a known place: group 1 up to it, group 2 itself. */
interface LineFormat {
  rule: string;
  message: string;
  path: RegExp;
  pattern: RegExp;
}

const name = (names: string): RegExp => new RegExp(`(?:^|/)(?:${names})(?:\\.bak|~)?$`, 'i');

const formats: LineFormat[] = [
  {
    rule: 'npmrc-token',
    message: 'a credential of npm',
    path: name('\\.?npmrc|\\.yarnrc'),
    pattern:
      /^([ \t]*(?:\/\/[^\s=]{1,300}:)?(?:_authToken|_auth|_password)[ \t]*=[ \t]*"?)([^\s"]{4,2000})/gm,
  },
  {
    rule: 'netrc-password',
    message: 'a password in a netrc file',
    path: name('[._]netrc'),
    pattern: /^((?:[^#\r\n]{0,400}[ \t])?password[ \t]+"?)([^\s"]{1,500})/gm,
  },
  {
    rule: 'pgpass-password',
    message: 'a password of PostgreSQL',
    path: name('\\.?pgpass(?:\\.conf)?'),
    pattern: /^((?!#)(?:[^:\\\n]|\\.){1,255}(?::(?:[^:\\\n]|\\.){1,255}){3}:)([^\r\n]{1,500})/gm,
  },
  {
    rule: 'password-hash',
    message: 'a password hash in an htpasswd file',
    path: name('\\.?htpasswd|htpasswd\\.[\\w-]+|[\\w-]+\\.htpasswd'),
    pattern:
      /^([^\s:#]{1,200}:)(\$apr1\$\S{10,60}|\$2[aby]?\$\S{50,70}|\{SHA\}\S{20,40}|\{SSHA\}\S{20,80}|\$[1567y]\$\S{10,200}|[./A-Za-z0-9]{13})(?=\s|$)/gm,
  },
  {
    rule: 'wireguard-key',
    message: 'a private key of WireGuard',
    path: /\.conf$|wireguard|(?:^|\/)wg/i,
    pattern:
      /^([ \t]*(?:PrivateKey|PresharedKey)[ \t]*=[ \t]*)([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)/gm,
  },
  {
    rule: 'maven-password',
    message: 'a password in XML',
    path: /\.(?:xml|config|props|targets|csproj|pubxml|xml\.j2)$/i,
    // What Maven has encrypted itself stands in braces, where a placeholder would.
    pattern:
      /(<(?:[a-z]{0,20}[-_.]?(?:password|passphrase|passwd|secret|token|api-?key)|privateKeyPassphrase)>\s{0,20})([^<>{}\s][^<>]{2,300}?)(?=\s{0,20}<\/)/gi,
  },
  {
    rule: 'xml-password',
    message: 'a password in XML',
    path: /\.(?:xml|config|props|targets|csproj|pubxml)$/i,
    pattern:
      /(\s(?:[a-z]{0,20}(?:password|passwd|secretkey|apikey|clientsecret))\s?=\s?["'])([^"'<>{}\s]{3,300})(?=["'])/gi,
  },
];

/** Finds credentials in the files in which programs keep them: .npmrc, .netrc, .pgpass, .htpasswd, settings.xml and others. */
export function findCredentials(path: string, source: Source, report: Report): void {
  for (const format of formats) {
    if (!format.path.test(path)) continue;
    for (const match of source.text.matchAll(format.pattern)) {
      const [, before = '', value = ''] = match;
      if (isPlaceholder(value) || /^\$[{(]|^%|^\*$/.test(value)) continue;
      const start = match.index + before.length;
      report.hit(source, start, start + value.length, {
        rule: format.rule,
        rank: rank.structure,
        message: format.message,
        value,
      });
    }
  }
}
