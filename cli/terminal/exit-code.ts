import { isEdgesealError } from '../../core/errors.ts';

/** Exit codes, as `edgeseal --help` and docs/CLI.md list them. */
export const exitCodes = {
  ok: 0,
  /** What was checked is not in order: a finding of verify, a secret that publish held back. */
  findings: 1,
  /** Wrong usage, or input that cannot be read. */
  input: 2,
  /** A signature, a trust root, a pin or a floor stands against it. */
  trust: 3,
  /** No key at hand opens it. */
  key: 4,
  /** A Git repository, remote or mirror. */
  git: 5,
  /** The local disk. */
  store: 6,
  /** A cluster: its kubeconfig, its API server, or what that refuses. */
  kube: 7,
  /** A fault in edgeseal. */
  internal: 70,
} as const;

const byArea: Record<string, number> = {
  input: exitCodes.input,
  format: exitCodes.input,
  policy: exitCodes.input,
  trust: exitCodes.trust,
  seal: exitCodes.key,
  git: exitCodes.git,
  store: exitCodes.store,
  target: exitCodes.store,
  kube: exitCodes.kube,
};

/** The exit code that goes with an error. */
export function exitCodeOf(error: unknown): number {
  if (!isEdgesealError(error)) return exitCodes.internal;
  // Said of a name that a person typed, not of keys.
  if (error.code === 'seal-item-missing') return exitCodes.input;
  return byArea[error.code.split('-')[0] ?? ''] ?? exitCodes.internal;
}
