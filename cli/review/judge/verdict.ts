import { readerWords, replaceCommands } from '../../../core/repository/exposure.ts';
import type { Changes } from '../../diff/changes.ts';
import { errorsOf, needsSignature } from '../../diff/secret-change.ts';
import type { EdgesealError } from '../../../core/errors.ts';
import type { Leak, Reason, SecretReview, TrustReview, Verdict } from '../model.ts';
import { list, quote, say } from '../words.ts';
import type { Words } from '../words.ts';

/** `refused` where anything is; `attention` where anything is to be looked at. */
export function verdictOf(reasons: readonly Reason[]): Verdict {
  if (reasons.some(({ level }) => level === 'refused')) return 'refused';
  return reasons.length > 0 ? 'attention' : 'ok';
}

/** What is wrong with the sealed files of a change, and what they expose. */
export function secretReasons(secrets: readonly SecretReview[], prefix: string): Reason[] {
  const unsigned = secrets.filter((secret) => isOnlyUnsigned(secret));
  const broken = secrets.filter((s) => errorsOf(s).length > 0 && !unsigned.includes(s));
  return [
    ...broken.flatMap((secret) => errorsOf(secret).map((error) => fault(secret, error, prefix))),
    ...unsigned.map((secret) => signature(secret, prefix)),
    ...secrets.flatMap((secret) => exposed(secret, prefix)),
    ...secrets.flatMap((secret) => warnings(secret, prefix)),
    ...deleted(secrets.filter(({ kind }) => kind === 'removed')),
  ];
}

/** Whether an author's signature is all that it lacks. */
export function isOnlyUnsigned(secret: SecretReview): boolean {
  const errors = errorsOf(secret);
  return (
    needsSignature(secret) &&
    errors.length > 0 &&
    errors.every(({ code }) => code === 'trust-author')
  );
}

function fault(secret: SecretReview, error: EdgesealError, prefix: string): Reason {
  return {
    level: 'refused',
    kind: 'sealed',
    words: [...nameOf(secret), ': ', ...quote(error.message)],
    hint: error.hint,
    file: prefix + secret.file,
    line: error.line,
  };
}

function signature(secret: SecretReview, prefix: string): Reason {
  const { after, mayWrite } = secret;
  const [claim] = after?.signatures ?? [];
  const why: Words =
    secret.kind === 'affected'
      ? ['who signed it may not any more']
      : claim === undefined
        ? ['nobody has signed it']
        : claim.state === 'not-entitled'
          ? say`${claim.author} signed it, who may not write to this namespace`
          : claim.state === 'unlisted'
            ? say`it is signed by a key that the trust root does not list (it says ${claim.author})`
            : ['it was changed after it was signed'];
  const who: Words =
    mayWrite.length === 0
      ? ['nobody may: no author of the trust root may write to this namespace']
      : [list(mayWrite, 3), [' may']].flat();
  return {
    level: 'refused',
    kind: 'signature',
    words: [...nameOf(secret), ' needs an author’s signature: ', ...why, '; ', ...who],
    hint: `edgeseal sign ${refOf(secret)}`,
    file: prefix + secret.file,
  };
}

function exposed(secret: SecretReview, prefix: string): Reason[] {
  return secret.newlyExposed.map((exposure) => ({
    level: 'attention',
    kind: 'exposed',
    words: [
      ...say`${readerWords(exposure)} could read ${list(exposure.items)} of `,
      ...nameOf(secret),
      ' and goes on knowing it: replace it at its source, then seal the new value',
    ],
    hint: replaceCommands(refOf(secret), [exposure]).join('; '),
    file: prefix + secret.file,
  }));
}

function warnings(secret: SecretReview, prefix: string): Reason[] {
  return secret.findings
    .filter(({ level }) => level === 'warning')
    .map(({ error }) => ({
      level: 'attention',
      kind: 'sealed',
      words: [...nameOf(secret), ': ', ...quote(error.message)],
      hint: error.hint,
      file: prefix + secret.file,
    }));
}

function deleted(secrets: readonly SecretReview[]): Reason[] {
  if (secrets.length === 0) return [];
  const names = secrets.map(refOf);
  return [
    {
      level: 'attention',
      kind: 'deleted',
      words: say`clusters will delete ${list(names)}, once this is published`,
    },
  ];
}

/** What was found that should not be in Git at all. */
export function leakReasons(leaks: readonly Leak[]): Reason[] {
  return leaks.map((leak) => ({
    level: leak.allowedByItself ? 'attention' : 'refused',
    kind: 'leak',
    words: [
      ...(leak.allowedByItself ? ['the change itself says that this may stay: '] : []),
      ...(leak.path === undefined
        ? say`the message of commit ${leak.commit.slice(0, 10)}`
        : say`${`${leak.path}:${leak.line}`}`),
      ': ',
      ...quote(leak.message),
      ...(leak.standing || leak.path === undefined
        ? []
        : say`; it was taken away again, but commit ${leak.commit.slice(0, 10)} keeps it`),
    ],
    hint: leak.allowedByItself ? undefined : leakHint,
    file: leak.path,
    line: leak.line,
  }));
}

const leakHint =
  'who can read this repository can read it now: replace it at its source first; then take it out of the branch’s history (git rebase), not only out of its last commit';

/** Trust is never a matter of course. */
export function trustReasons(trust: readonly TrustReview[]): Reason[] {
  return trust.map(({ before, after, missing }) => ({
    level: 'attention',
    kind: 'trust',
    words:
      missing === undefined
        ? [`who may do what changes: trust root ${after} follows root ${before}`]
        : [
            `trust root ${after} is proposed: it `,
            missing === '' ? 'has all its signatures' : `needs ${missing}`,
          ],
    hint: missing === undefined || missing === '' ? undefined : 'edgeseal trust sign',
    file: undefined,
  }));
}

/** What is wrong with policy, regions and roots once this is merged, and is not so on main. */
export function settingsReasons({ faults, findings }: Changes, prefix: string): Reason[] {
  const errors = faults.map((error) => ({ level: 'error' as const, error }));
  return [...errors, ...findings]
    .filter(({ level, error }) => !isProposal(level, error))
    .map(({ level, error }) => {
      const { file, line, hint, message, code } = error;
      return {
        level: level === 'error' ? 'refused' : 'attention',
        kind: code.startsWith('trust-') && level === 'error' ? 'trust' : 'settings',
        words: [...(file === undefined ? [] : say`${prefix + file}: `), ...quote(message)],
        hint,
        file: file === undefined ? undefined : prefix + file,
        line,
      };
    });
}

/** Of proposed roots the trust reasons speak, and better. */
function isProposal(level: string, { code, file }: EdgesealError): boolean {
  return (
    level === 'warning' && code === 'trust-root' && file?.startsWith('trust/proposed/') === true
  );
}

/** As commands take it. */
export function refOf({ namespace, name }: Pick<SecretReview, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function nameOf(secret: SecretReview): Words {
  return [{ name: refOf(secret) }];
}
