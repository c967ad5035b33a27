import { EdgesealError } from '../errors.ts';
import { isElided, parseEdgeSecret, regionsOf, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';
import { parseSecretPath } from '../format/names.ts';
import { isRefusedType } from '../format/secret-type.ts';
import { assignedRegions } from '../policy/distribution.ts';
import { judgeSignatures } from '../secret/author.ts';
import { keyState } from './root-keys.ts';
import { withRecovery } from './recipients.ts';
import type { RepositoryState } from './repository-state.ts';

/** One thing wrong with a sealed secret of main, or worth saying of it. */
export interface Finding {
  /** `error` keeps it from being published; `warning` does not. */
  level: 'error' | 'warning';
  error: EdgesealError;
  /** Whether a root that is proposed, and has to be signed, makes it good. */
  awaitsRoot?: boolean;
}

export interface AuditedSecret {
  namespace: string;
  name: string;
  file: string;
  /** Absent where the file cannot be read at all. */
  secret: EdgeSecret | undefined;
  /** Names of the entitled authors whose signature fits. */
  authors: string[];
  findings: Finding[];
}

/** Paths of the repository's sealed secrets, sorted. */
export async function secretFiles(state: Pick<RepositoryState, 'view'>): Promise<string[]> {
  return (await state.view.list('secrets')).filter((path) => !/\/\.[^/]*$/.test(path));
}

/** Reads and checks one sealed secret of main by everything that needs no private key. */
export async function auditSecret(state: RepositoryState, file: string): Promise<AuditedSecret> {
  const place = parseSecretPath(file);
  const { namespace, name } = place ?? { namespace: '', name: file };
  const audited: AuditedSecret = {
    namespace,
    name,
    file,
    secret: undefined,
    authors: [],
    findings: [],
  };
  const report = (level: Finding['level'], error: unknown): void => {
    if (!(error instanceof EdgesealError)) throw error;
    audited.findings.push({ level, error: error.at({ file }) });
  };
  try {
    if (place === undefined) {
      throw new EdgesealError(
        'format-schema',
        'this file does not lie at secrets/<namespace>/<name>.yaml',
        { file },
      );
    }
    const bytes = await state.view.read(file);
    if (bytes === undefined)
      throw new EdgesealError('input-not-found', 'the file is not there', { file });
    const secret = parseEdgeSecret(bytes, file);
    if (secret.metadata.namespace !== namespace || secret.metadata.name !== name) {
      throw new EdgesealError(
        'format-schema',
        `the file says it is ${secret.metadata.namespace}/${secret.metadata.name}`,
        { file, field: 'metadata' },
      );
    }
    audited.secret = secret;
  } catch (error) {
    report('error', error);
    return audited;
  }
  const checks = [checkWhole, checkType, checkPolicy, checkKeys];
  for (const check of checks) {
    try {
      for (const finding of check(state, audited.secret)) report(finding.level, finding.error);
    } catch (error) {
      report('error', error);
    }
  }
  try {
    checkSignatures(state, audited, report);
  } catch (error) {
    report('error', error);
  }
  return audited;
}

function checkWhole(_state: RepositoryState, secret: EdgeSecret): Finding[] {
  if (!secret.spec.envelopes.some(isElided)) return [];
  return [
    failure('seal-elided', 'an envelope was left out: this is the file of a channel, not of main'),
  ];
}

function checkType(_state: RepositoryState, secret: EdgeSecret): Finding[] {
  const { type } = templateOf(secret);
  return isRefusedType(type)
    ? [failure('input-not-a-secret', `Secrets of type ${type} are never written`)]
    : [];
}

/** The regions of the file against those of the policy: exactly the assigned ones and their recovery. */
function checkPolicy(state: RepositoryState, secret: EdgeSecret): Finding[] {
  const { namespace, name } = secret.metadata;
  const assigned = assignedRegions(
    state.policy,
    state.repository.spec.defaultRegions,
    namespace,
    name,
  );
  const allowed = new Set(withRecovery(state, assigned.regions));
  const sealed = new Set(secret.spec.envelopes.flatMap(regionsOf));
  const over = [...sealed].filter((region) => !allowed.has(region));
  const findings: Finding[] = [];
  if (over.length > 0) {
    findings.push(
      failure(
        'policy-mismatch',
        `it is sealed for ${over.join(', ')}, which the ${assigned.by === 'policy' ? 'policy does' : 'defaultRegions do'} not allow`,
        `edgeseal reseal ${namespace}/${name}`,
      ),
    );
  }
  const missing = assigned.regions.filter((region) => !sealed.has(region));
  if (missing.length > 0) {
    findings.push(
      warning(
        'policy-mismatch',
        `it is not sealed for ${missing.join(', ')}, which should get it`,
        `edgeseal reseal ${namespace}/${name} --key RECOVERY-KEY-FILE`,
      ),
    );
  }
  return findings;
}

/** Every key id that is wrapped for must be one of the region's listed keys. */
function checkKeys(state: RepositoryState, secret: EdgeSecret): Finding[] {
  const findings: Finding[] = [];
  for (const envelope of secret.spec.envelopes) {
    if (isElided(envelope)) continue;
    for (const { region, key, wrapped } of envelope.recipients) {
      if (wrapped === undefined) continue;
      const known = state.regions.get(region)?.keys.filter((k) => k.key.id === key) ?? [];
      const states = known.map((k) => keyState(state.root, region, k.key.sha256));
      if (!states.includes('active') && !states.includes('retired')) {
        const isRevoked = states.includes('revoked');
        findings.push(
          failure(
            isRevoked ? 'seal-exposed' : 'trust-key',
            `it is wrapped for the key ${key ?? '?'} of ${region}, which ${isRevoked ? 'was revoked' : 'is not a listed key of that region'}`,
            `edgeseal reseal ${secret.metadata.namespace}/${secret.metadata.name}`,
          ),
        );
      }
    }
  }
  return findings;
}

function checkSignatures(
  state: RepositoryState,
  audited: AuditedSecret,
  report: (level: Finding['level'], error: unknown) => void,
): void {
  if (audited.secret === undefined) return;
  const verdicts = judgeSignatures(audited.secret, state.root);
  audited.authors = verdicts.filter((v) => v.state === 'valid').map((v) => v.author);
  if (audited.authors.length > 0) return;
  const { namespace, name } = audited;
  const first = verdicts[0];
  const words = {
    valid: '',
    stale: 'it was changed after it was signed: no signature fits',
    unlisted: `it is signed by a key that trust root ${state.root.number} does not list (${first?.fingerprint ?? ''})`,
    'not-entitled': `${first?.author ?? ''}, who signed it, may not write to namespace ${namespace}`,
  };
  const message = first === undefined ? 'it is not signed' : words[first.state];
  report(
    'error',
    new EdgesealError('trust-author', message, {
      hint: `a listed author looks at it and runs: edgeseal sign ${namespace}/${name}`,
    }),
  );
}

function failure(code: EdgesealError['code'], message: string, hint?: string): Finding {
  return { level: 'error', error: new EdgesealError(code, message, { hint }) };
}

function warning(code: EdgesealError['code'], message: string, hint?: string): Finding {
  return { level: 'warning', error: new EdgesealError(code, message, { hint }) };
}
