import type { EdgesealError } from '../../core/errors.ts';
import type { RepositoryView } from '../../core/repository/view.ts';
import { auditSecret } from '../../core/repository/secret-audit.ts';
import type { AuditedSecret } from '../../core/repository/secret-audit.ts';
import { commitView } from '../git/commit-view.ts';
import type { Io } from '../terminal/io.ts';
import { holdAgainstPast } from '../past/hold.ts';
import type { OpenRepository } from '../repository.ts';
import type { Row } from './survey.ts';

/**
 * Says of each row why publish holds back what main has, and what of an uncommitted file is not as it was made. Only what is
 * on its way is looked at: what is published was judged then.
 *
 * @param main commit of main, as far as it is known
 */
export async function judgeOnTheWay(
  io: Io,
  repository: OpenRepository,
  main: string | undefined,
  rows: readonly Row[],
): Promise<void> {
  const uncommitted = rows.filter(({ tree, committed }) => tree !== undefined && !committed);
  const inTree = await judged(io, repository, repository.state.view, uncommitted, undefined);
  for (const { tree, file } of uncommitted) {
    const errors = errorsOf(inTree.get(file));
    if (tree === undefined || errors.length === 0) continue;
    // Of what was damaged no signature fits either; signing it is not the way out.
    if (!errors.some(isAboutAuthor)) tree.unsigned = undefined;
    tree.errors = errors.filter((error) => !isAboutAuthor(error));
  }
  const merged = rows.filter(({ places }) =>
    places.some((p) => !p.mergedIsPublished && !p.broken && p.mainKnown),
  );
  if (main === undefined || merged.length === 0) return;
  const view = await commitView(io, repository.top, main, repository.prefix);
  try {
    const onMain = merged.filter(({ file }) => view.blobs.has(file));
    const found = await judged(io, repository, view, onMain, main);
    for (const row of onMain) {
      const [error] = errorsOf(found.get(row.file));
      if (error === undefined) continue;
      row.held = error;
      for (const place of row.places) place.held = !place.mergedIsPublished;
    }
  } finally {
    view.close();
  }
}

async function judged(
  io: Io,
  repository: OpenRepository,
  view: RepositoryView,
  rows: readonly Row[],
  commit: string | undefined,
): Promise<Map<string, AuditedSecret>> {
  if (rows.length === 0) return new Map();
  const state = { ...repository.state, view };
  const audited = await Promise.all(rows.map(({ file }) => auditSecret(state, file)));
  await holdAgainstPast({ io, place: repository, state, commit }, audited);
  return new Map(audited.map((one) => [one.file, one]));
}

function errorsOf(audited: AuditedSecret | undefined): EdgesealError[] {
  const errors = audited?.findings.filter(({ level }) => level === 'error') ?? [];
  return errors.map(({ error }) => error);
}

function isAboutAuthor(error: EdgesealError): boolean {
  return error.code === 'trust-author' || error.code === 'format-ssh';
}
