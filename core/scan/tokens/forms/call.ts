import { looksChosen } from '../assignments/value.ts';
import type { TokenRule } from '../rule.ts';

const common = {
  remedy: 'change it, and give it to the program by a file, the environment or a secret store',
  check: looksChosen,
  generic: true,
  before: 40,
};

/** Passwords among the arguments of well-known functions, which have no name before them. */
export const calls: readonly TokenRule[] = [
  {
    ...common,
    id: 'requests-auth-password',
    title: 'a password in the arguments of an HTTP request',
    source: 'https://requests.readthedocs.io/en/latest/user/authentication/',
    keywords: ['auth'],
    pattern:
      /\b(?:auth[ \t]{0,4}=[ \t]{0,4}|HTTP(?:Basic|Digest)Auth)\(\s{0,40}["'][^"'\n]{1,64}["'],\s{0,40}["'](?<secret>[^"'\n]{4,128})["']/dg,
  },
  {
    ...common,
    id: 'jdbc-password',
    title: 'a password in the arguments of a connection to a database',
    source:
      'https://docs.oracle.com/en/java/javase/21/docs/api/java.sql/java/sql/DriverManager.html',
    keywords: ['getconnection'],
    pattern:
      /\bgetConnection\(\s{0,40}(?:"[^"\n]{1,200}"|[\w.]{1,60}),\s{0,40}(?:"[^"\n]{1,64}"|[\w.]{1,60}),\s{0,40}"(?<secret>[^"\n]{4,128})"/dg,
  },
  {
    ...common,
    id: 'pdo-password',
    title: 'a password in the arguments of a connection of PHP',
    source: 'https://www.php.net/manual/en/pdo.construct.php',
    keywords: ['pdo(', 'mysqli(', 'mysqli_connect('],
    pattern:
      /\b(?:new \\?(?:PDO|mysqli)|mysqli_connect)\(\s{0,40}(?:"[^"\n]{1,200}"|'[^'\n]{1,200}'|\$\w{1,60}),\s{0,40}(?:["'][^"'\n]{1,64}["']|\$\w{1,60}),\s{0,40}["'](?<secret>[^"'\n$]{4,128})["']/dg,
  },
  {
    ...common,
    id: 'powershell-password',
    title: 'a password that PowerShell is to make a SecureString of',
    source:
      'https://learn.microsoft.com/powershell/module/microsoft.powershell.security/convertto-securestring',
    keywords: ['convertto-securestring'],
    pattern:
      /\b[Cc]onvert[Tt]o-[Ss]ecure[Ss]tring[ \t]{1,4}(?:-(?:AsPlainText|Force|String)[ \t]{1,4}){0,3}["'](?<secret>[^"'\n$]{4,128})["']/dg,
  },
];
