import type { Io } from '../terminal/io.ts';
import { gitAnswer } from '../git/git.ts';
import { runTool } from '../signer/tool.ts';
import { fail, ok, warn } from './check.ts';
import type { Check } from './check.ts';

/** `rev-parse --path-format`, which the pin needs. */
const neededGit = [2, 31];
const neededNode = [22, 19];
/** `ssh-keygen -Y sign`, with FIDO keys. */
const neededSsh = [8, 2];

/** The programs that edgeseal works with. */
export async function checkTools(io: Io): Promise<Check[]> {
  const git = await runTool('git', ['--version'], io);
  const checks = [version('node', process.versions.node, neededNode, 'install Node 24')];
  if (git === undefined) return [...checks, fail('git', 'git is not on the PATH', 'install git')];
  checks.push(version('git', git.stdout, neededGit, 'install a newer git'));
  checks.push(await checkSsh(io));
  const email = await gitAnswer(io, ['config', 'user.email']);
  checks.push(
    email === undefined || email === ''
      ? warn(
          'git identity',
          'git does not know your e-mail address: it cannot commit',
          'git config --global user.email you@example.com',
        )
      : ok('git identity', email),
  );
  return checks;
}

async function checkSsh(io: Io): Promise<Check> {
  const install =
    'install OpenSSH 8.2 or newer (Debian and Ubuntu: apt-get install openssh-client)';
  // An option that it does not know makes it print its usage: it is there, and nothing else happens.
  const found = await runTool('ssh-keygen', ['-?'], io);
  if (found === undefined) return fail('ssh-keygen', 'ssh-keygen is not on the PATH', install);
  const ssh = await runTool('ssh', ['-V'], io);
  return ssh === undefined
    ? ok('ssh-keygen', 'found')
    : version('ssh-keygen', ssh.stderr, neededSsh, install);
}

function version(name: string, text: string, needed: number[], mend: string): Check {
  const [, found = '', major = '0', minor = '0'] = /((\d+)\.(\d+)[\w.]*)/.exec(text) ?? [];
  const [wantedMajor = 0, wantedMinor = 0] = needed;
  if (found === '') return warn(name, 'its version cannot be read');
  const isNew =
    Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
  return isNew ? ok(name, found) : fail(name, `${found} is older than ${needed.join('.')}`, mend);
}
