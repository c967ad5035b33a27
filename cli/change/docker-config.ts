import { EdgesealError } from '../../core/errors.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';

export interface RegistryLogin {
  server: string;
  username: string;
  password: SecretBytes;
  email: string | undefined;
}

/** Builds the file that `docker login` would write, as `kubectl create secret docker-registry` does. */
export function dockerConfig({ server, username, password, email }: RegistryLogin): SecretBytes {
  const plain = Buffer.from(password.reveal()).toString('utf8');
  const login = {
    username,
    password: plain,
    ...(email === undefined || email === '' ? {} : { email }),
    auth: Buffer.from(`${username}:${plain}`).toString('base64'),
  };
  return SecretBytes.fromText(JSON.stringify({ auths: { [server]: login } }));
}

/**
 * Checks that an existing configuration holds credentials that work elsewhere too.
 *
 * @throws EdgesealError `input-not-a-secret`; JSON.parse's own message is left out, for it quotes the input
 */
export function requireDockerConfig(config: SecretBytes, file: string): void {
  const fail = (message: string, hint: string): never => {
    throw new EdgesealError('input-not-a-secret', message, { file, hint });
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(config.reveal()).toString('utf8'));
  } catch {
    fail('this is not JSON', 'give a file as docker login writes it: ~/.docker/config.json');
  }
  const auths: unknown = isMap(parsed) ? parsed['auths'] : undefined;
  if (!isMap(auths)) {
    fail('it has no auths', 'give a file as docker login writes it: ~/.docker/config.json');
    return;
  }
  const usable = Object.values(auths).some(
    (login) => isMap(login) && ['auth', 'password', 'identitytoken'].some((k) => k in login),
  );
  if (usable) return;
  fail(
    'it holds no password: docker keeps them in a credential store of this machine',
    'give --docker-server and --docker-username instead; you are asked for the password',
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
