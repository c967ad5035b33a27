import { EdgesealError } from '../../core/errors.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { flagSecret, requireIdentity } from '../change/flag-secret.ts';
import { dockerConfig, requireDockerConfig } from '../change/docker-config.ts';
import { readInput, stdinName } from '../change/input-file.ts';
import { sealAll } from '../change/seal-all.ts';
import type { SealOptions } from '../change/seal-all.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { promptHidden } from '../terminal/prompt.ts';
import { openRepository } from '../repository.ts';

interface Options extends SealOptions {
  dockerServer?: string;
  dockerUsername?: string;
  dockerPassword?: string;
  dockerPasswordStdin?: boolean;
  dockerEmail?: string;
  fromFile?: string;
}

const item = '.dockerconfigjson';

/** `edgeseal seal docker-registry NAME`: what a pod's imagePullSecrets name. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const namespace = requireIdentity(name, options.namespace);
  const { fromFile, dockerUsername } = options;
  if ((fromFile === undefined) === (dockerUsername === undefined)) {
    throw new EdgesealError('input-usage', 'either --docker-username or --from-file is needed', {
      hint: `edgeseal seal docker-registry ${name} -n ${namespace} --docker-server HOST --docker-username NAME`,
    });
  }
  const repository = await openRepository(io);
  const config =
    dockerUsername === undefined
      ? await existingConfig(io, fromFile ?? '')
      : dockerConfig({
          server: options.dockerServer ?? 'https://index.docker.io/v1/',
          username: dockerUsername,
          email: options.dockerEmail,
          password: await readPassword(io, options),
        });
  const secret = flagSecret(
    name,
    namespace,
    'kubernetes.io/dockerconfigjson',
    new Map([[item, config]]),
  );
  return await sealAll(io, repository, [secret], options);
}

/** kubectl writes `--from-file=.dockerconfigjson=PATH`; the key can be no other. */
async function existingConfig(io: Io, source: string): Promise<SecretBytes> {
  const path = source.startsWith(`${item}=`) ? source.slice(item.length + 1) : source;
  const config = await readInput(io, path);
  requireDockerConfig(config, path === stdinName ? 'standard input' : path);
  return config;
}

async function readPassword(io: Io, options: Options): Promise<SecretBytes> {
  if (options.dockerPasswordStdin === true) {
    const bytes = await readInput(io, stdinName);
    // As docker login --password-stdin: one line break at the end is the terminal's.
    return SecretBytes.fromText(
      Buffer.from(bytes.reveal())
        .toString('utf8')
        .replace(/\r?\n$/, ''),
    );
  }
  if (options.dockerPassword === undefined) {
    try {
      return await promptHidden(io, 'password');
    } catch (error) {
      if (error instanceof EdgesealError && error.code === 'input-usage') {
        const { code, message } = error;
        throw new EdgesealError(code, message, {
          hint: 'give it on standard input: --docker-password-stdin',
        });
      }
      throw error;
    }
  }
  new Output(io).warn(
    'the value of --docker-password is in your shell history, and was in the process list',
    'leave it out to be asked, or use --docker-password-stdin',
  );
  return SecretBytes.fromText(options.dockerPassword);
}
