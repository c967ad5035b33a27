import { EdgesealError } from '../../../core/errors.ts';
import { nearName } from '../../../core/format/near-name.ts';
import { exitCodes } from '../../terminal/exit-code.ts';
import type { Output } from '../../terminal/output.ts';
import { catalogue } from './catalogue.ts';

/** `edgeseal scan --explain RULE`. */
export async function printRule(output: Output, id: string): Promise<number> {
  const rules = await catalogue();
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) {
    const near = nearName(
      id,
      rules.map((one) => one.id),
    );
    throw new EdgesealError('input-not-found', `there is no rule ${id}`, {
      hint: `${near === undefined ? '' : `did you mean ${near}? `}list them with: edgeseal scan --rules`,
    });
  }
  output.line(`${output.paint('bold', rule.id)}: ${rule.title}`);
  output.line(`  format:  ${rule.source}`);
  output.line(`  remedy:  ${rule.remedy}`);
  output.line(`  allowed: by a comment in the line, edgeseal:allow ${rule.id}`);
  return exitCodes.ok;
}

/** `edgeseal scan --rules`. */
export async function printRules(output: Output): Promise<number> {
  const rules = await catalogue();
  output.table(
    ['RULE', 'LOOKS FOR'],
    rules.map(({ id, title }) => [id, title]),
  );
  return exitCodes.ok;
}
