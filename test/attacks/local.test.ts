import { local } from './cases/local.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(local);
