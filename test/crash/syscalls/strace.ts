import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, inject, it } from 'vitest';
import type {} from '../../support/cluster/shared.ts';

/** One system call that was made. */
export interface Call {
  /** Of the thread. */
  pid: number;
  name: string;
  args: Arg[];
  /** -1 for a failure */
  result: number;
}

interface Arg {
  text: string;
  /** Of a string. */
  bytes?: Buffer;
  /** Of a file descriptor. */
  path?: string;
}

/** Why there is nothing to be traced with; undefined where there is. */
export function whyNoStrace(): string | undefined {
  const { error, status } = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']);
  if (error !== undefined) return "strace is not installed; Debian's package is called strace";
  return status === 0 ? undefined : 'strace may not trace here';
}

/** A suite that needs strace. Skipped, by name, where there is none, and told of again at the end. */
export function describeTraced(
  name: string,
  body: () => void | Promise<void>,
): void | Promise<void> {
  const why = whyNoStrace();
  if (why === undefined) return body();
  describe.skip(`${name} (${why})`, async () => {
    await fetch(inject('clusterBroker'), { method: 'POST', body: why });
    it('needs strace', () => undefined);
  });
}

/** The words before a program that note down these calls in `file`, of all threads and children. */
export function recordTo(file: string, calls: readonly string[]): string[] {
  // Everything in hex and at full length: what was written is to be replayed.
  const form = ['-f', '--seccomp-bpf', '-y', '-xx', '-s', '16777216'];
  return ['strace', ...form, '-o', file, '-e', `trace=${calls.join(',')}`];
}

const line = /^(\d+) +(.*)$/;
const call = /^(\w+)\((.*)\) += +(-?\d+|\?)/;

/** Reads what {@link recordTo} wrote, in the order in which the calls were done. */
export function readCalls(file: string): Call[] {
  const calls: Call[] = [];
  const begun = new Map<string, string>();
  for (const text of readFileSync(file, 'latin1').split('\n')) {
    const [, pid = '', rest = ''] = line.exec(text) ?? [];
    if (rest.endsWith(' <unfinished ...>')) {
      begun.set(pid, rest.slice(0, -' <unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const whole = resumed === undefined ? rest : (begun.get(pid) ?? '') + resumed;
    const [, name, args = '', result] = call.exec(whole) ?? [];
    if (name !== undefined)
      calls.push({ pid: Number(pid), name, args: argsOf(args), result: Number(result) });
  }
  return calls;
}

const token = /"((?:\\x[0-9a-f]{2})*)"|([\w-]+)<((?:\\x[0-9a-f]{2})*)>(?:\(deleted\))?|[^\s,"<>]+/g;

function argsOf(text: string): Arg[] {
  return [...text.matchAll(token)].map(([whole, bytes, fd, path]) => {
    if (bytes !== undefined) return { text: '', bytes: fromHex(bytes) };
    if (path !== undefined) return { text: fd ?? '', path: fromHex(path).toString() };
    return { text: whole };
  });
}

const fromHex = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');

/** The files that a call is about, absolute; what it changes comes last. */
export function pathsOf({ args }: Call): string[] {
  const paths: string[] = [];
  let base = '/';
  let hasFile = false;
  for (const { path, bytes } of args) {
    if (path !== undefined) base = path;
    if (bytes !== undefined) {
      paths.push(posix.resolve(base, bytes.toString()));
      hasFile = true;
    }
  }
  return hasFile ? paths : [base];
}
