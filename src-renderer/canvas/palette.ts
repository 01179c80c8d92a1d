import type { ClassInfo } from '../../src-main/contract/dataset.ts';

type Color = [number, number, number];

/** What an output that stands for no class of the data set is shown in. */
const OTHER: Color = [255, 0, 255];

/** Colours of the error pane, told apart by the colour-blind too; the keys are what a pixel is. */
export const ERRORS = {
  /** The model is wrong where the teacher is right: what distillation could mend. */
  student: {
    color: [240, 110, 40] as Color,
    title: 'student',
    hint: 'Only the student is wrong: what distillation could mend',
  },
  /** The teacher is wrong where the model is right. */
  teacher: { color: [70, 160, 255] as Color, title: 'teacher', hint: 'Only the teacher is wrong' },
  both: { color: [235, 80, 190] as Color, title: 'both', hint: 'Both are wrong' },
} as const;

/**
 * The palette texture: 256 RGBA entries, one per label value. Alpha is 0 for classes that are switched off and for
 * ignored pixels, else 255.
 */
export function paletteBytes(classes: readonly ClassInfo[], hidden: ReadonlySet<number>): Uint8Array {
  const bytes = new Uint8Array(256 * 4);
  for (let value = 0; value < 255; value++) {
    const [red, green, blue] = classes[value]?.color ?? OTHER;
    bytes.set([red, green, blue, hidden.has(value) ? 0 : 255], value * 4);
  }
  return bytes;
}

/** A class's colour for CSS. */
export function cssColor(color: readonly number[]): string {
  return `rgb(${color[0]} ${color[1]} ${color[2]})`;
}

/** What a pixel's truth and two models say about who is wrong: 0 nobody (or ignored), 1 model, 2 teacher, 3 both. */
export function errorKind(truth: number, model: number, teacher: number | null): 0 | 1 | 2 | 3 {
  if (truth === 255) return 0;
  const modelWrong = model !== truth;
  const teacherWrong = teacher !== null && teacher !== truth;
  return modelWrong ? (teacherWrong ? 3 : 1) : teacherWrong ? 2 : 0;
}
