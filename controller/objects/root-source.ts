import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { holdOf } from '../status/conditions.ts';
import type { Hold } from '../status/conditions.ts';
import type { TrustMap } from './trust.ts';

/** The trust root by which objects are judged: the channel's where there is a channel, else the one in the cluster. */
export class RootSource {
  readonly #map: TrustMap | undefined;
  #root: AcceptedRoot | undefined;
  /** Why there is no newer root, where the cluster's cannot be had. */
  fault: Hold | undefined;
  /** To be looked at anew at the next occasion. */
  isDue = true;

  /** @param map undefined where a channel brings the roots */
  constructor(map: TrustMap | undefined) {
    this.#map = map;
  }

  /**
   * The root in force. The one that was in force stays where another cannot be had.
   *
   * @param channels what the channel has brought
   * @param floor number of the highest root that was in force
   */
  async current(
    channels: AcceptedRoot | undefined,
    floor: number,
  ): Promise<AcceptedRoot | undefined> {
    if (this.#map === undefined) {
      this.#root = channels ?? this.#root;
      return this.#root;
    }
    if (!this.isDue) return this.#root;
    try {
      await this.#map.refresh(floor);
      this.#root = this.#map.root;
      this.fault = undefined;
      this.isDue = false;
    } catch (error) {
      this.fault = { ...holdOf(error), reason: 'NoTrustRoot' };
    }
    return this.#root;
  }
}
