import { root } from './cases/root.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(root);
