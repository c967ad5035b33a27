import { passwordAt, urlRule } from '../../formats/url.ts';
import type { RuleName } from '../candidate.ts';
import type { Detector } from '../detector.ts';

const addressRule: RuleName = {
  ...urlRule,
  source: 'https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1',
  remedy: 'change it where it is used, and take it from the environment, a file or a secret store',
};

/** Finds passwords in addresses that stand encoded; those that stand as they are have been found with the file's other formats. */
export const addresses: Detector = {
  keywords: ['://'],
  on: (source, found) => {
    if (!source.isDecoded) return () => undefined;
    return (at) => {
      const range = passwordAt(source.text, at, false);
      if (range !== undefined) found(addressRule, range.start, range.end);
    };
  },
};
