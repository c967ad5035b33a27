/** Names in a file are somebody else's text: nothing in them may move the cursor. */
export function plainText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
