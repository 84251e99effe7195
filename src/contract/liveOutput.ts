// The outputs of a live event: each records it into an asset and lets viewers go back. What an output was made with stays until it ends.

export type LiveOutputStatus = {
  readonly name: string;
  /** The service's own word: `Creating`, `Running`, `Deleting`. */
  readonly state: string;
  readonly assetName: string;
  readonly manifestName?: string;
  readonly createdUtc?: string;
  /** How much of the event stays in the asset, s. */
  readonly archiveSeconds?: number;
  /** How far viewers may go back, s; missing where the service takes the archive for it. */
  readonly rewindSeconds?: number;
  /** The public stream of the show that asks. */
  readonly ofShow: boolean;
};
