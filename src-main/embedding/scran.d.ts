/** What of scran.js is used; the package has no types of its own. Matrices are column-major: one column per item. */
declare module 'scran.js' {
  interface Freed {
    free(): void;
  }
  interface Matrix extends Freed {
    numberOfColumns(): number;
  }
  interface Principal extends Freed {
    varianceExplained(): Float64Array;
    /** rows × PCs, column-major. */
    rotation(): Float64Array;
  }
  interface Neighbours extends Freed {
    /** How many neighbours each item has, and which, item by item. */
    serialize(): { runs: Int32Array; indices: Int32Array };
  }
  interface Coordinates {
    x: Float64Array;
    y: Float64Array;
  }
  interface TsneStatus extends Freed {
    iterations(): number;
    run(options: { maxIterations: number; runTime?: number }): void;
    extractCoordinates(): Coordinates;
  }
  interface UmapStatus extends Freed {
    currentEpoch(): number;
    totalEpochs(): number;
    run(options: { runTime?: number }): void;
    extractCoordinates(): Coordinates;
  }

  /** Loads the WebAssembly; false where that was done before. */
  export function initialize(options: { numberOfThreads: number }): Promise<boolean>;
  export function initializeDenseMatrixFromDenseArray(
    rows: number,
    columns: number,
    values: Float32Array | Float64Array,
  ): Matrix;
  export function runPca(matrix: Matrix, options: { numberOfPCs: number }): Principal;
  export function buildNeighborSearchIndex(
    values: Float32Array | Float64Array,
    options: { numberOfDims: number; numberOfCells: number; approximate: boolean },
  ): Freed;
  export function findNearestNeighbors(index: Freed, count: number): Neighbours;
  export function perplexityToNeighbors(perplexity: number): number;
  export function initializeTsne(
    neighbours: Neighbours,
    options: { perplexity: number; neighbors: number },
  ): TsneStatus;
  export function initializeUmap(
    neighbours: Neighbours,
    options: { neighbors: number; epochs: number; minDist: number },
  ): UmapStatus;
}
