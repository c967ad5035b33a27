/** Where a secret stands on its way to one region: versions, absent where that place does not have it for the region. */
export interface RegionPlace {
  region: string;
  /** The working tree's. */
  tree: number | undefined;
  /** Whether the working tree's file cannot be read, so that nothing is known of it. */
  unreadable: boolean;
  merged: number | undefined;
  published: number | undefined;
  /** Whether the working tree has what main has. */
  treeIsMerged: boolean;
  /** Whether the channel has what main has; versions may be equal where keys were added. */
  mergedIsPublished: boolean;
  /** False where main was never fetched. */
  mainKnown: boolean;
  /** Whether the region's channel fails its checks, so that nothing is known of it. */
  broken: boolean;
  /** Whether publish would not take what main has. */
  held: boolean;
}

/** What is left to do for one region. */
export type Todo = 'nothing' | 'merge' | 'publish';

export function todoOf(place: RegionPlace): Todo {
  if (!place.treeIsMerged) return 'merge';
  return place.mergedIsPublished ? 'nothing' : 'publish';
}

/** The words of one cell: `published 7`, `merged 8, published 7`, `not merged`... */
export function placeWords(place: RegionPlace): string {
  const { tree, merged, published, broken, mainKnown } = place;
  const words: string[] = [];
  if (place.unreadable && place.treeIsMerged) words.push('unreadable');
  if (!place.treeIsMerged && mainKnown) {
    if (place.unreadable) words.push('unreadable');
    else if (tree !== undefined) words.push('not merged');
    else if (merged !== undefined) words.push('removal not merged');
  }
  if (!mainKnown && tree !== undefined) words.push('not fetched');
  if (broken) return [...words, 'channel does not verify'].join(', ');
  if (place.held) words.push('held');
  if (merged === undefined) {
    if (published !== undefined)
      words.push(
        ...(mainKnown && place.treeIsMerged && !place.held ? ['removal not published'] : []),
        `published ${published}`,
      );
  } else if (published === undefined) {
    words.push(...(place.treeIsMerged ? [] : [`merged ${merged}`]), 'not published');
  } else if (published !== merged) {
    words.push(`merged ${merged}`, `published ${published}`);
  } else {
    words.push(
      ...(place.mergedIsPublished || place.held ? [] : ['new wraps not published']),
      `published ${published}`,
    );
  }
  return words.length === 0 ? '-' : words.join(', ');
}
