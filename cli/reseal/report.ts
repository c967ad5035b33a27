import type { ResealPlan, WrapChange } from '../../core/repository/reseal-plan.ts';
import { nextStep } from '../change/finish.ts';
import { plural } from '../change/words.ts';
import { exitCodeOf, exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output, describeError, errorJson } from '../terminal/output.ts';
import type { OpenRepository } from '../repository.ts';
import type { Done, Failed } from './work.ts';

/** More secrets than this are counted, not named. */
const named = 3;

/** What became of every secret that was looked at. */
export interface ResealOutcome {
  done: (Done & { author: string | undefined })[];
  failed: Failed[];
  /** Untouched, because there was nothing to do. */
  inLine: number;
  /** Secrets that still need a private key. */
  waiting: { namespace: string; name: string; file: string; plan: ResealPlan }[];
  /** Regions without an active key, which can get nothing. */
  keyless: Set<string>;
}

/**
 * Says what was done to which secret, what is left and which command does it.
 *
 * @returns the exit code
 */
export function reportReseal(
  io: Io,
  repository: OpenRepository,
  outcome: ResealOutcome,
  options: { output?: string },
): number {
  const output = new Output(io);
  if (options.output === 'json') output.json(jsonOf(outcome));
  else printText(output, outcome);
  warnOfReseal(output, outcome);
  noteExposed(output, outcome);
  const files = outcome.done.map(({ ref }) => ({ file: ref.file, content: '' }));
  if (files.length > 0) nextStep(io, repository, files);
  return resealCode(outcome);
}

/** The exit code: 4 where a private key is missing or does not fit, else that of the first failure. */
export function resealCode(outcome: ResealOutcome): number {
  const [first] = outcome.failed;
  const locked = outcome.failed.some(({ error }) => error.code === 'seal-no-key');
  if (locked || outcome.waiting.length > 0) return exitCodes.key;
  if (first !== undefined) return exitCodeOf(first.error);
  return outcome.keyless.size > 0 ? exitCodes.input : exitCodes.ok;
}

/** What was done to which secret, one line each. */
export function resealedWords(outcome: Pick<ResealOutcome, 'done'>): string[] {
  return outcome.done.map(({ ref, plan, secret, newVersion, author }) => {
    const signed = newVersion
      ? author === undefined
        ? 'not signed'
        : `signed by ${author}`
      : 'same version, signatures stay';
    return `${ref.file}: version ${secret.spec.version}, ${changeWords(plan).join(', ')}, ${signed}`;
  });
}

/** Warns of what failed, what waits for a private key, and of regions without a key. */
export function warnOfReseal(output: Output, outcome: ResealOutcome): void {
  printFailures(output, outcome.failed);
  printWaiting(output, outcome);
  printKeyless(output, outcome);
}

function printText(output: Output, { done, inLine, failed, waiting }: ResealOutcome): void {
  for (const words of resealedWords({ done })) output.line(words);
  if (done.length === 0 && failed.length === 0 && waiting.length === 0)
    output.line(`nothing to do: ${plural(inLine, 'secret')} in line with policy and keys`);
}

function changeWords(plan: ResealPlan): string[] {
  const wrapWords = ({ region, key }: WrapChange): string => `${key} of ${region}`;
  const { regionsAdded, regionsRemoved, wrapsAdded, wrapsDropped } = plan;
  return [
    ...(regionsAdded.length > 0 ? [`for ${regionsAdded.join(', ')} too`] : []),
    ...(regionsRemoved.length > 0 ? [`${regionsRemoved.join(', ')} taken out`] : []),
    ...(wrapsAdded.length > 0 ? [`wrapped for key ${wrapsAdded.map(wrapWords).join(', ')}`] : []),
    ...wrapsDropped.map((wrap) => `no more for ${wrap.state ?? 'unlisted'} key ${wrapWords(wrap)}`),
  ];
}

/** A fault of the policy or of a region's file meets many secrets: it is told once, with all of them. */
function printFailures(output: Output, failures: readonly Failed[]): void {
  const groups = new Map<string, { hint: string | undefined; names: string[] }>();
  for (const { ref, error } of failures) {
    const words = describeError(error);
    const group = groups.get(words) ?? { hint: error.hint, names: [] };
    if (error.file !== ref.file) group.names.push(`${ref.namespace}/${ref.name}`);
    groups.set(words, group);
  }
  for (const [words, { hint, names }] of groups) {
    const concerned = names.length === 0 ? '' : ` (concerns ${names.join(', ')})`;
    output.warn(`not resealed: ${words}${concerned}`, hint);
  }
}

function printKeyless(output: Output, { keyless: regions }: ResealOutcome): void {
  for (const region of regions)
    output.warn(
      `${region} has no active key: nothing can be sealed for it`,
      `give it one: edgeseal region rotate ${region} --generate DIRECTORY`,
    );
}

/** Taking a region or a key out does not make it forget. */
function noteExposed(output: Output, { done }: ResealOutcome): void {
  const exposed = done.filter(
    ({ plan }) =>
      plan.regionsRemoved.length > 0 || plan.wrapsDropped.some((w) => w.state !== 'retired'),
  );
  for (const { ref, plan } of exposed.slice(0, named)) {
    const who = [
      ...plan.regionsRemoved,
      ...plan.wrapsDropped
        .filter(({ state }) => state !== 'retired')
        .map(({ region, key }) => `key ${key} of ${region}`),
    ];
    output.note(
      `${ref.namespace}/${ref.name}: ${who.join(', ')} could read its values and is listed as exposed until they are replaced: edgeseal set ${ref.namespace}/${ref.name} ITEM`,
    );
  }
  if (exposed.length > named)
    output.note(`${exposed.length - named} more are exposed: edgeseal status`);
}

/** What takes a private key, told once for all secrets that lack the same. */
function printWaiting(output: Output, { waiting, done }: ResealOutcome): void {
  const groups = new Map<string, string[]>();
  for (const { namespace, name, plan } of waiting) {
    const words = [
      ...plan.regionsAdded,
      ...plan.wrapsAdded.map(({ region, key }) => `key ${key} of ${region}`),
    ].join(', ');
    groups.set(words, [...(groups.get(words) ?? []), `${namespace}/${name}`]);
  }
  for (const [words, secrets] of groups) {
    const what = secrets.length > named ? `${secrets.length} secrets` : secrets.join(', ');
    output.warn(
      `${what}: not sealed for ${words} yet; that takes a private key that opens it`,
      `edgeseal reseal ${secrets.length > named ? '--all' : secrets.join(' ')} --with-recovery RECOVERY-KEY-FILE`,
    );
  }
  for (const { ref, plan } of done) {
    if (plan.unclear.length === 0) continue;
    const secret = `${ref.namespace}/${ref.name}`;
    output.warn(
      `${secret}: ${plan.unclear.join(', ')} is not the same in all of its regions, so ${plan.newcomers.join(', ')} did not get it`,
      `edgeseal set ${secret} ${plan.unclear[0] ?? 'ITEM'} --regions ${plan.newcomers.join(',')}`,
    );
  }
}

function jsonOf({ done, failed, inLine, waiting, keyless }: ResealOutcome): unknown {
  const planJson = ({ regionsAdded, regionsRemoved, wrapsAdded, wrapsDropped }: ResealPlan) => ({
    regionsAdded,
    regionsRemoved,
    wrapsAdded: wrapsAdded.map(({ region, key }) => ({ region, key })),
    wrapsDropped: wrapsDropped.map(({ region, key, state }) => ({
      region,
      key,
      state: state ?? 'unlisted',
    })),
  });
  return {
    secrets: done.map(({ ref, plan, secret, newVersion, author }) => ({
      namespace: ref.namespace,
      name: ref.name,
      file: ref.file,
      action: 'resealed',
      version: secret.spec.version,
      newVersion,
      ...planJson(plan),
      unclear: plan.unclear,
      author: author ?? null,
    })),
    failed: failed.map(({ ref, error }) => ({
      namespace: ref.namespace,
      name: ref.name,
      file: ref.file,
      error: errorJson(error),
    })),
    waiting: waiting.map(({ namespace, name, file, plan }) => ({
      namespace,
      name,
      file,
      ...planJson(plan),
    })),
    inLine,
    keyless: [...keyless],
  };
}
