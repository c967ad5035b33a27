/** What a peer's client made of an attack, as it was run. */
export interface PeerRun {
  /** Its own words; absent where it took what was served. */
  refused?: string;
  /** How it ended where it said nothing: killed, out of memory, a panic. */
  ended?: string;
  /** Files on its disk afterwards, and how many of them are symbolic links. */
  files?: number;
  links?: number;
  /** Most memory, where it was above 100 MB. */
  peakMB?: number;
}
