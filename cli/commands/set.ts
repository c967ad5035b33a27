import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { templateOf } from '../../core/format/edge-secret.ts';
import type { Template } from '../../core/format/edge-secret.ts';
import { isItemName } from '../../core/format/names.ts';
import { nearName } from '../../core/format/near-name.ts';
import { recipientsFor } from '../../core/repository/recipients.ts';
import { createSecret, itemNames, setItems } from '../../core/secret/change.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import { findCurrent, maySign, nextVersion } from '../change/current.ts';
import { finishChanges } from '../change/finish.ts';
import type { FinishOptions } from '../change/finish.ts';
import { readInput } from '../change/input-file.ts';
import { requireSound } from '../change/item-rules.ts';
import { targetRegions } from '../change/target-regions.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { promptHidden } from '../terminal/prompt.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { secretNames } from '../sealed-file.ts';
import { parseSecretRef } from '../secret-ref.ts';
import { KnownRecorder } from '../known/recorder.ts';
import { quoted } from '../terminal/shell-word.ts';

interface Options extends FinishOptions {
  fromFile?: string;
  regions?: string[];
  /** Make the secret. */
  new?: boolean;
}

const opaque: Template = {
  type: 'Opaque',
  immutable: false,
  metadata: { labels: {}, annotations: {} },
};

/** `edgeseal set SECRET ITEM`: adds or replaces one item; needs no private key. */
export async function run(io: Io, args: string[], options: Options): Promise<number> {
  const [name = '', item = ''] = args;
  const repository = await openRepository(io);
  const { state } = repository;
  const ref = parseSecretRef(io, repository, name);
  if (!isItemName(item)) {
    throw new EdgesealError('input-usage', 'this is not a valid key of a Secret', {
      field: 'item',
      hint: 'a key has letters, digits, -, _ and .; a value does not belong on the command line',
    });
  }
  const current = await findCurrent(state, ref);
  if ((current === undefined) !== (options.new === true))
    throw await notMeant(repository, `${ref.namespace}/${ref.name}`, item, options);
  const regions = targetRegions(io, state, ref, current?.secret, options.regions);
  const recipients = await recipientsFor(state, regions);
  const version = await nextVersion(io, repository, ref.file, current?.secret);
  const value = await readValue(io, ref.namespace, ref.name, item, options.fromFile);
  const id = state.repository.spec.id;
  const items = new Map([[item, value]]);
  const secret =
    current === undefined
      ? await createSecret({ repository: id, ...ref, template: opaque }, version, recipients, items)
      : await setItems(current.secret, id, version, recipients, items);
  const recorder = await KnownRecorder.open(io, repository);
  recorder.note(ref, items);
  value.wipe();
  requireSound(secret, state, ref.file);
  const old = current === undefined ? [] : itemNames(current.secret);
  const what = current === undefined ? 'a new secret' : old.includes(item) ? 'replaced' : 'added';
  if (current !== undefined && templateOf(current.secret).immutable) {
    new Output(io).note(`${ref.file} is immutable: clusters delete the Secret and make it anew`);
  }
  const change = {
    ref,
    action: 'set',
    summary: `version ${version}, ${item} ${what === 'a new secret' ? 'set in a new secret' : what} for ${regions.join(', ')}`,
    secret,
    regions,
    items: [item],
    maySign: current === undefined || maySign(io, ref, current.unsigned),
  };
  const code = await finishChanges(io, repository, [change], 1, options);
  await recorder.save();
  return code;
}

/** A mistyped name must not make a new secret, which clusters would get in place of the value that was meant. */
async function notMeant(
  { state }: OpenRepository,
  name: string,
  item: string,
  options: Options,
): Promise<EdgesealError> {
  const { fromFile, regions } = options;
  const from = fromFile === undefined ? '' : ` --from-file ${quoted(fromFile)}`;
  const to = regions === undefined ? '' : ` --regions ${regions.join(',')}`;
  const command = (secret: string): string => `edgeseal set ${secret} ${item}${from}${to}`;
  if (options.new === true) {
    return new EdgesealError('input-usage', `${name} is there already`, { hint: command(name) });
  }
  const near = nearName(name, await secretNames(state.view));
  const makes = `to make it: ${command(name)} --new`;
  return new EdgesealError('input-not-found', `there is no sealed secret ${name}`, {
    hint: near === undefined ? makes : `did you mean ${near}? ${makes}`,
  });
}

async function readValue(
  io: Io,
  namespace: string,
  name: string,
  item: string,
  file: string | undefined,
): Promise<SecretBytes> {
  if (file !== undefined) {
    const value = await readInput(io, file);
    if (value.length === 0) new Output(io).warn('the value is empty');
    else if (value.reveal().at(-1) === 10) {
      new Output(io).note(
        'the value ends with a line break, which is kept (echo -n or printf %s make none)',
      );
    }
    return value;
  }
  try {
    return await promptHidden(io, item);
  } catch (error) {
    if (!isEdgesealError(error, 'input-usage')) throw error;
    throw new EdgesealError(error.code, error.message, {
      hint: `give the value on standard input: edgeseal set ${namespace}/${name} ${item} --from-file -`,
    });
  }
}
