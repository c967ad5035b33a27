import { listing } from './cases/listing.ts';
import { yamlFamily } from './cases/yaml.ts';
import { runAttacks } from './kit/run.ts';
import { runTogether } from './kit/run-together.ts';

runAttacks(listing);
runTogether(yamlFamily);
