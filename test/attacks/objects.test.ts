import { pack } from './cases/git/pack.ts';
import { tree } from './cases/git/tree.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(tree);
runAttacks(pack);
