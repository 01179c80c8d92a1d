/** Shares of the device's pixels that are drawn in each direction while the view moves, from fine to coarse. */
const DETAILS = [1, 0.5, 0.35];
/** Frames that are further apart than this on average, in ms, are too slow: at 60 a second they are 16.7 ms apart. */
const SLOW = 19;
/** Frames after which the average at a detail is trusted. */
const ENOUGH = 5;
/** Frames this far apart, in ms, are no movement that goes on. */
const PAUSE = 250;
/** How long nothing must move until all detail is drawn again, in ms. */
const REST = 120;

/**
 * How finely to draw: in full, but while the view moves on a machine that does not keep up (one without a graphics
 * card), at a lower resolution, and in full again when it rests.
 */
export class Pace {
  readonly #refine: () => void;
  #level = 0;
  #last = Number.NEGATIVE_INFINITY;
  #average = 0;
  #frames = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param refine called when the view has come to rest after frames with less detail */
  constructor(refine: () => void) {
    this.#refine = refine;
  }

  /**
   * For the frame that is drawn now.
   * @param now the frame's time in ms
   * @param moves whether the view has moved since the last frame
   * @returns 1, or less for less detail
   */
  detail(now: number, moves: boolean): number {
    // A frame in between, such as a stroke's, keeps the detail of the last one until the view rests.
    if (!moves) return this.#timer === undefined ? 1 : DETAILS[this.#level];
    const gap = now - this.#last;
    this.#last = now;
    if (gap < PAUSE) {
      this.#frames++;
      this.#average += (gap - this.#average) / Math.min(this.#frames, ENOUGH);
      if (this.#frames >= ENOUGH && this.#average > SLOW && this.#level < DETAILS.length - 1) {
        this.#level++;
        this.#frames = 0;
      }
    }
    if (this.#level === 0) return 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#refine();
    }, REST);
    return DETAILS[this.#level];
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
