/** What the layers that make the bundle say of it: its folder, or what is missing of it. */
export type BundleLook =
  | { folder: string }
  | {
      lacking: string;
      /** URL, file or folder of a bundle made elsewhere that has everything. */
      supply?: string;
    };

/** Whether the bundle is made, here or elsewhere: then what builds it is not needed on this computer. */
export const isMade = (look: BundleLook): boolean => 'folder' in look || look.supply !== undefined;
