import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { templateOf } from '../../core/format/edge-secret.ts';
import { recipientsFor, recoveryOf, regionEntry } from '../../core/repository/recipients.ts';
import { itemNames } from '../../core/secret/change.ts';
import { unsealAs } from '../../core/secret/view-as.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import { maySign, nextVersion, readCurrent } from '../change/current.ts';
import type { Current } from '../change/current.ts';
import { finishChanges } from '../change/finish.ts';
import type { FinishOptions } from '../change/finish.ts';
import { requireSound } from '../change/item-rules.ts';
import { targetRegions } from '../change/target-regions.ts';
import { applyEdit, differingItems } from '../edit/apply-edit.ts';
import { formatEdit, parseEdit, sameTemplate } from '../edit/edit-text.ts';
import type { EditView, Edited } from '../edit/edit-text.ts';
import { findEditor, runEditor } from '../edit/editor.ts';
import { MemoryFile } from '../edit/memory-file.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { describeError, Output } from '../terminal/output.ts';
import { holdersOf, readRegionKeys } from '../region-key/keys.ts';
import { KnownRecorder } from '../known/recorder.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { parseSecretRef } from '../secret-ref.ts';
import type { SecretRef } from '../secret-ref.ts';

interface Options extends FinishOptions {
  key?: string[];
  region?: string;
}

/** `edgeseal edit SECRET`: the whole secret in an editor, in memory; without a key, values show as placeholders. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const repository = await openRepository(io);
  const { state } = repository;
  const ref = parseSecretRef(io, repository, name);
  const current = await readCurrent(state, ref);
  const { secret } = current;
  const editor = findEditor(io);
  // Whatever could refuse the result refuses it before anything is typed.
  const regions = targetRegions(io, state, ref, secret, undefined);
  await recipientsFor(state, regions);
  const version = await nextVersion(io, repository, ref.file, secret);
  const { items, region } = await shownItems(io, repository, current, options, regions);
  const view: EditView = {
    ref,
    version: secret.spec.version,
    template: templateOf(secret),
    items,
    comments: comments(repository, current, ref, regions, region, options.key !== undefined),
  };
  const made = await edit(io, editor, view, async (edited) => {
    const templated = !sameTemplate(edited.template, view.template);
    if (edited.changed.size + edited.removed.length === 0 && !templated) return undefined;
    const next = await applyEdit(state, { secret, regions, region, version }, edited);
    requireSound(next, state, ref.file);
    return { edited, templated, next };
  });
  const recorder = await KnownRecorder.open(io, repository);
  recorder.note(ref, items);
  if (made !== undefined) recorder.note(ref, made.edited.changed);
  for (const value of items.values()) value?.wipe();
  if (made === undefined) {
    await recorder.save();
    new Output(io).note(`${ref.file}: nothing was changed`);
    return exitCodes.ok;
  }
  const { edited, templated, next } = made;
  for (const value of edited.changed.values()) value.wipe();
  const done = [
    ...(edited.changed.size === 0 ? [] : [`${[...edited.changed.keys()].join(', ')} set`]),
    ...(edited.removed.length === 0 ? [] : [`${edited.removed.join(', ')} removed`]),
    ...(templated ? ['labels, annotations or type changed'] : []),
  ];
  const change = {
    ref,
    action: 'edited',
    summary: `version ${version}, ${done.join(', ')} for ${regions.join(', ')}`,
    secret: next,
    regions,
    items: [...edited.changed.keys(), ...edited.removed],
    maySign: maySign(io, ref, current.unsigned),
  };
  const code = await finishChanges(io, repository, [change], 1, options);
  await recorder.save();
  return code;
}

/** The items, with values where a key is given; and the region whose values they are, if that makes a difference. */
async function shownItems(
  io: Io,
  { state }: OpenRepository,
  { secret }: Current,
  options: Options,
  regions: readonly string[],
): Promise<{ items: Map<string, SecretBytes | undefined>; region: string | undefined }> {
  const { region } = options;
  const hint = `it goes to: ${regions.join(', ')}`;
  if (region !== undefined && !regions.includes(region)) {
    throw new EdgesealError('input-usage', `it does not go to ${region}`, {
      field: '--region',
      hint,
    });
  }
  if (options.key === undefined) {
    return { items: new Map(itemNames(secret).map((item) => [item, undefined])), region };
  }
  const differ = differingItems(secret, (r) => state.regions.get(r)?.recovery === true);
  if (differ.size > 0 && region === undefined) {
    throw new EdgesealError(
      'input-usage',
      `regions may get different values of ${[...differ].join(', ')}`,
      { hint: `say whose to edit: --region ${regions.join('|')}` },
    );
  }
  const keys = await readRegionKeys(io, options.key);
  const holders = holdersOf(state, keys);
  const as =
    region ??
    regions.find((r) => {
      const recovery = recoveryOf(state, regionEntry(state, r));
      return holders.includes(r) || (recovery !== undefined && holders.includes(recovery));
    });
  const opened =
    as === undefined
      ? undefined
      : await unsealAs(secret, state.repository.spec.id, as, holders, keys);
  if (opened !== undefined) return { items: opened.items, region };
  throw new EdgesealError('seal-no-key', 'the key given is of no region that gets this secret', {
    hint: `${hint}; without a key: edgeseal edit, and type over what shall change`,
  });
}

/**
 * Lets a person edit until the result can be taken. A fault is shown on top of their text, in a terminal, for nothing
 * that they typed may be lost, and nothing of it may be written to a disk.
 *
 * @returns undefined where they changed nothing
 */
async function edit<T>(
  io: Io,
  editor: string,
  view: EditView,
  take: (edited: Edited) => Promise<T | undefined>,
): Promise<T | undefined> {
  const file = await MemoryFile.make(io.env, `${view.ref.name}.yaml`);
  try {
    let shown = formatEdit(view);
    for (;;) {
      await file.write(shown);
      await runEditor(io, editor, file);
      const text = await file.read();
      if (text === shown) return undefined;
      const typed = text.replace(/^(?:#! .*\n)+/, '');
      try {
        return await take(parseEdit(typed, view));
      } catch (error) {
        if (!isEdgesealError(error) || io.stdin.isTTY !== true) throw error;
        const lines = [
          ...[describeError(error), error.hint ?? ''].filter((line) => line !== ''),
          'Mend it below (lines are counted from there). Saved without a change, nothing is done.',
        ];
        shown = `${lines.map((line) => `#! ${line.replace(/\s+/g, ' ')}\n`).join('')}${typed}`;
      }
    }
  } finally {
    file.wipe();
  }
}

function comments(
  { state }: OpenRepository,
  { secret }: Current,
  ref: SecretRef,
  regions: readonly string[],
  region: string | undefined,
  open: boolean,
): string[] {
  const differ = differingItems(secret, (r) => state.regions.get(r)?.recovery === true);
  const lines = [
    `${ref.namespace}/${ref.name}, version ${secret.spec.version}, for ${regions.join(', ')}. Lines with # are ignored.`,
    open
      ? 'Change a value, add or delete a line; what you leave as it is keeps its ciphertext.'
      : '<unchanged> stays as it is: type over it to replace a value.',
    ...(open ? [] : ['Add a line to add an item, delete one to remove the item for all regions.']),
    'This file lies in memory and is wiped when you close the editor. Changed nothing, nothing is done.',
  ];
  if (differ.size > 0) {
    lines.push(
      '',
      `Regions may get different values of: ${[...differ].join(', ')}. A new value is for ${region ?? 'all of them (one region: --region NAME)'}.`,
    );
  }
  return lines;
}
