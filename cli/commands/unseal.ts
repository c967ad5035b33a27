import { isUtf8 } from 'node:buffer';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { EdgesealError, messageOf } from '../../core/errors.ts';
import { emitYaml } from '../../core/format/block-yaml.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { regionsOf, sortedMap } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { recoveryOf } from '../../core/repository/recipients.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { auditSecret } from '../../core/repository/secret-audit.ts';
import { requireAuthor } from '../../core/secret/author.ts';
import type { UnsealedSecret } from '../../core/secret/unseal.ts';
import { seeTheSame, unsealAs } from '../../core/secret/view-as.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { holdAgainstPast } from '../past/hold.ts';
import { holdersOf, readRegionKeys } from '../region-key/keys.ts';
import { KnownRecorder } from '../known/recorder.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { readSealed } from '../sealed-file.ts';
import { parseSecretRef } from '../secret-ref.ts';
import type { SecretRef } from '../secret-ref.ts';

interface Options {
  key?: string[];
  region?: string;
  item?: string;
  output?: 'yaml' | 'json';
}

/** Prints one sealed secret in plaintext, to standard output only: nothing is written to a file. */
export async function run(io: Io, args: string[], options: Options): Promise<number> {
  const [name = ''] = args;
  const output = new Output(io);
  const repository = await openRepository(io);
  const { state } = repository;
  const ref = parseSecretRef(io, repository, name);
  const damage = await damageOf(io, repository, ref);
  const secret = await readSealed(state.view, ref).catch((error: unknown) => {
    throw damage ?? error;
  });
  const keys = await readRegionKeys(io, options.key);
  if (keys.length === 0) {
    throw new EdgesealError('input-usage', 'a private key is needed to open a sealed secret', {
      hint: `edgeseal unseal ${ref.namespace}/${ref.name} --key FILE (a region's key or the recovery key)`,
    });
  }
  if (damage === undefined) warnOfSignature(secret, state, output);
  else output.warn(`${ref.file}: ${damage.message}`, damage.hint);
  const holders = holdersOf(state, keys);
  const region = chooseRegion(state, secret, holders, keys, options.region);
  const unsealed = await unsealAs(secret, state.repository.spec.id, region, holders, keys);
  if (unsealed === undefined) {
    throw new EdgesealError('seal-no-key', `it is not sealed for ${region}`, {
      file: ref.file,
      hint: `it is sealed for: ${sealedFor(state, secret).join(', ')}`,
    });
  }
  const recorder = await KnownRecorder.open(io, repository);
  recorder.note(ref, unsealed.items);
  await recorder.save();
  if (options.item !== undefined) {
    const value = unsealed.items.get(options.item);
    if (value === undefined) {
      throw new EdgesealError('seal-item-missing', `${region} gets no item ${options.item}`, {
        file: ref.file,
        hint: `its items are: ${[...unsealed.items.keys()].join(', ')}`,
      });
    }
    io.stdout.write(value.reveal());
    return exitCodes.ok;
  }
  const manifest = manifestOf(unsealed);
  if (options.output === 'json') output.json(manifest);
  else io.stdout.write(emitYaml(manifest));
  return exitCodes.ok;
}

/** What is wrong with the file itself, with the way back to a good one. */
async function damageOf(
  io: Io,
  repository: OpenRepository,
  ref: SecretRef,
): Promise<EdgesealError | undefined> {
  const { state } = repository;
  if ((await state.view.read(ref.file)) === undefined) return undefined;
  const audited = await auditSecret(state, ref.file);
  await holdAgainstPast({ io, place: repository, state, commit: undefined }, [audited]);
  const isDamage = ({ code, hint }: EdgesealError): boolean =>
    code === 'seal-open' ||
    (audited.secret === undefined && code.startsWith('format-')) ||
    (code === 'trust-author' && hint?.includes('git restore') === true);
  return audited.findings.map(({ error }) => error).find(isDamage);
}

/** Whoever looks at a value should know that nobody stands for it. It is shown all the same: that is the question. */
function warnOfSignature(secret: EdgeSecret, state: RepositoryState, output: Output): void {
  try {
    requireAuthor(secret, state.root);
  } catch (error) {
    output.warn(
      `${messageOf(error)}: these values may not be an author's`,
      error instanceof EdgesealError ? error.hint : undefined,
    );
  }
}

/** The region named; else the one whose key is held; with a recovery key any, as long as all get the same. */
function chooseRegion(
  state: RepositoryState,
  secret: EdgeSecret,
  holders: string[],
  keys: readonly RegionKey[],
  wanted: string | undefined,
): string {
  if (wanted !== undefined) return wanted;
  const sealed = sealedFor(state, secret);
  if (holders.length === 0) {
    throw new EdgesealError(
      'seal-no-key',
      `no region's file lists the key ${keys.map((key) => key.id).join(', ')}`,
      {
        hint: `say as which region to open it: --region ${sealed.join('|')}; keys of each: edgeseal region list`,
      },
    );
  }
  const own = sealed.filter((region) => holders.includes(region));
  const recovered = sealed.filter((region) => {
    const entry = state.regions.get(region);
    const recovery = entry === undefined ? undefined : recoveryOf(state, entry);
    return recovery !== undefined && holders.includes(recovery);
  });
  const regions = own.length > 0 ? own : recovered;
  const [first] = regions;
  if (first === undefined) {
    const { namespace, name } = secret.metadata;
    throw new EdgesealError(
      'seal-no-key',
      `${namespace}/${name} is not sealed for ${holders.join(', ')}, whose key this is`,
      { hint: `it is sealed for: ${sealed.join(', ')}` },
    );
  }
  if (seeTheSame(secret, regions)) return first;
  throw new EdgesealError('input-usage', `${regions.join(' and ')} get different values`, {
    hint: `say whose to show: --region ${regions.join('|')}`,
  });
}

function sealedFor(state: RepositoryState, secret: EdgeSecret): string[] {
  const names = new Set(secret.spec.envelopes.flatMap(regionsOf));
  return [...names].filter((name) => state.regions.get(name)?.recovery !== true);
}

/** A manifest that kubectl and `edgeseal seal` take: text under stringData, everything else under data. */
function manifestOf(secret: UnsealedSecret): Record<string, Json> {
  const { type, immutable, metadata } = secret.template;
  const text: [string, string][] = [];
  const binary: [string, string][] = [];
  for (const [item, value] of secret.items) {
    const bytes = value.reveal();
    const plain = Buffer.from(bytes).toString('utf8');
    // Characters that a terminal would act on are shown as base64.
    if (isUtf8(bytes) && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(plain)) {
      text.push([item, plain]);
    } else {
      binary.push([item, Buffer.from(bytes).toString('base64')]);
    }
  }
  const maps = Object.entries(metadata).filter(([, map]) => Object.keys(map).length > 0);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secret.name,
      namespace: secret.namespace,
      ...Object.fromEntries(maps.map(([field, map]) => [field, sortedMap(Object.entries(map))])),
    },
    type,
    ...(immutable ? { immutable } : {}),
    ...(text.length > 0 ? { stringData: sortedMap(text) } : {}),
    ...(binary.length > 0 ? { data: sortedMap(binary) } : {}),
  };
}
