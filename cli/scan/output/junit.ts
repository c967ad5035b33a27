import type { PlacedFinding } from '../finding.ts';

/** The findings as JUnit's XML: a failed test for each, a passed one where there are none. */
export function junitOf(findings: readonly PlacedFinding[]): string {
  const cases = findings.map(({ file, line, column, rule, masked, message, commit }) => {
    const place = `${file}:${line}:${column}${commit === undefined ? '' : ` (commit ${commit})`}`;
    return [
      `    <testcase classname="${escaped(rule)}" name="${escaped(place)}" file="${escaped(file)}" line="${line}">`,
      `      <failure type="${escaped(rule)}" message="${escaped(message)}">${escaped(`${place}: ${rule} ${masked}`)}</failure>`,
      '    </testcase>',
    ].join('\n');
  });
  if (cases.length === 0) cases.push('    <testcase classname="edgeseal" name="no secrets"/>');
  const counts = `tests="${cases.length}" failures="${findings.length}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="edgeseal scan" ${counts} errors="0" skipped="0">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

/** XML 1.0 has no way to write most control characters. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
