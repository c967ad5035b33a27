import { marked } from 'marked';

/** What the report is made of; anything else would be somebody else's. */
const ours =
  /^\/?(?:h2|h3|p|strong|em|del|code|pre|ul|li|table|thead|tbody|tr|th|td|br|details|summary)$/;

/** Renders as a Git host would, and names every tag that is none of the report's: links, images, comments, scripts. */
export function foreignTags(markdown: string): string[] {
  const html = marked.parse(markdown, { gfm: true, async: false });
  const tags = [...html.matchAll(/<(!--|\/?[a-z][a-z0-9]*)([^>]*)>/gi)];
  return tags
    .filter(([, name = '', rest = '']) => !ours.test(name) || !isHarmless(rest))
    .map(([whole]) => whole);
}

function isHarmless(attributes: string): boolean {
  return /^(?: align="left"| class="language-diff"| ?\/)?$/.test(attributes);
}

/** Text of a report outside of code, where a host looks for mentions, references and addresses. */
export function outsideCode(markdown: string): string {
  const html = marked.parse(markdown, { gfm: true, async: false });
  return html
    .replace(/<(pre|code)\b[^>]*>[^]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&amp;', '&');
}
