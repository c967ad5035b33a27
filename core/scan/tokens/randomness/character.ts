/** a to z, A to Z, a digit, what joins words in names and paths, any other sign. */
export const classes = 55;
const digit = 52;
const joint = 53;
const sign = 54;

/** @param code of a character. @returns its class, below {@link classes} */
export function classOf(code: number): number {
  if (code >= 97 && code <= 122) return code - 97;
  if (code >= 65 && code <= 90) return code - 39;
  if (code >= 48 && code <= 57) return digit;
  // - . / _ and the space
  return code === 45 || code === 46 || code === 47 || code === 95 || code === 32 ? joint : sign;
}

/** How many characters stand for one class. */
export function sizeOf(group: number): number {
  if (group === digit) return 10;
  return group === joint ? 5 : group === sign ? 28 : 1;
}
