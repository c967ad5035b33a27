import { mirror } from './cases/mirror.ts';
import { publisher } from './cases/publisher.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(mirror);
runAttacks(publisher);
