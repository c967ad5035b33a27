import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statusFor, verdictOf } from '../../controller/objects/verdict.ts';
import type { Verdict } from '../../controller/objects/verdict.ts';

const guide = join(import.meta.dirname, '../../docs/guides/argo-cd.md');
/** Argo CD has this interpreter built in. */
const lua = 'github.com/yuin/gopher-lua/cmd/glua@v1.1.1';

/** The script of the guide, word for word. */
function healthScript(): string {
  const text = readFileSync(guide, 'utf8');
  const [, block = ''] = /edgeseal\.dev_EdgeSecret: \|\n((?: {4}.*\n)+)/.exec(text) ?? [];
  return block.replace(/^ {4}/gm, '');
}

/** Writes a value as Lua has it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(literal).join(', ')}}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `["${name}"] = ${literal(field)}`);
  return `{${fields.join(', ')}}`;
}

function healthOf(status: unknown, generation = 3): string {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-lua-'));
  try {
    const file = join(folder, 'health.lua');
    const object = { metadata: { generation }, ...(status === undefined ? {} : { status }) };
    const call = `local hs = (function()\n${healthScript()}end)()\nprint(hs.status .. ": " .. hs.message)`;
    writeFileSync(file, `obj = ${literal(object)}\n${call}\n`);
    return execFileSync('go', ['run', lua, file], { encoding: 'utf8', cwd: folder }).trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const said = (verdict: Verdict): unknown =>
  statusFor(verdict, { uid: 'u', generation: 3, said: undefined, object: undefined }, 'us-east');

describe('the health script of the Argo CD guide', () => {
  it('waits until the controller has looked at this version', () => {
    expect(healthOf(undefined)).toMatch(/^Progressing: /);
    expect(healthOf({ observedGeneration: -1 })).toMatch(/^Progressing: /);
    expect(healthOf(said(verdictOf.applied(2)), 4)).toMatch(/^Progressing: /);
  });

  it('calls healthy what is applied, and what is not for this region', () => {
    expect(healthOf(said(verdictOf.applied(2)))).toBe('Healthy: the Secret holds version 2');
    expect(healthOf(said(verdictOf.notForUs('us-east')))).toMatch(/^Healthy: /);
  });

  it('tells what comes by itself from what somebody has to see to', () => {
    const fault = { version: 3, sha256: '', message: 'made up' };
    const refused = verdictOf.fault({ ...fault, reason: 'NotEntitled' }, 2);
    expect(healthOf(said(refused))).toBe('Degraded: made up; the Secret keeps version 2');
    const missing = verdictOf.fault({ ...fault, reason: 'NamespaceMissing' }, undefined);
    expect(healthOf(said(missing))).toBe('Progressing: made up');
    expect(healthOf(said(verdictOf.notFed('us-east')))).toMatch(/^Degraded: /);
  });
});
