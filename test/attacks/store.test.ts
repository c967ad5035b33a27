import { store } from './cases/store.ts';
import { runAttacks } from './kit/run.ts';

runAttacks(store);
