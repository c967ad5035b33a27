import { author, prepareAuthors } from './cases/author.ts';
import { pasteFamily } from './cases/paste.ts';
import { runTogether } from './kit/run-together.ts';

runTogether(author, prepareAuthors);
runTogether(pasteFamily);
