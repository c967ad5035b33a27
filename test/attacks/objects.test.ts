import { objects } from './cases/objects.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(objects);
