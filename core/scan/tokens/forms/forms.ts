import type { TokenRule } from '../rule.ts';
import { calls } from './call.ts';
import { commands } from './command.ts';
import { jwt } from './jwt.ts';
import { passwordHash } from './password-hash.ts';

/** Rules for what is nobody's product: known by its structure, or by the program that it is given to. */
export const forms: readonly TokenRule[] = [jwt, passwordHash, ...commands, ...calls];
