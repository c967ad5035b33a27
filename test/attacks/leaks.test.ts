import { leaks } from './cases/leaks.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(leaks);
