/** Taps as methods with one of them read it, and the adapters that bring a student's channels to a teacher's. */
import { z } from 'zod';
import { Problem } from '../contract/problem.ts';
import { resizeBilinear } from '../engine/ops/spatial.ts';
import type { Tensor4D } from '../engine/tf.ts';
import { pointwise, pointwiseArrays } from './layers.ts';
import type { LossInputs, LossShapes, OwnArray } from './method.ts';

/** Which tap it reads, counted from 0; null: the last. */
export const tapOption = z
  .number()
  .int()
  .min(0)
  .nullable()
  .default(null)
  .meta({ title: 'Tap', description: 'Which of the taps, counted from 0; none: the last' });

/** The chosen tap of both. @throws Problem where there is none of that number */
export function tapPair(
  { student, teacher }: LossInputs,
  tap: number | null,
): { student: Tensor4D; teacher: Tensor4D } {
  return { student: chosen(student.taps, tap), teacher: chosen(teacher!.taps, tap) };
}

/** One of a list that has one entry for each tap. @throws Problem where there is none of that number */
export function chosen<T>(taps: readonly T[], tap: number | null): T {
  const place = tap ?? taps.length - 1;
  if (place < taps.length) return taps[place];
  throw new Problem(`There is no tap ${place}: ${taps.length === 1 ? 'one is' : `${taps.length} are`} given.`, {
    where: 'tap',
    next: `Choose from 0 to ${taps.length - 1}, or leave it out for the last.`,
  });
}

/** The teacher's tap resized to the student's height and width (bilinear, corners not aligned), where they differ. */
export function atSizeOf(student: Tensor4D, teacher: Tensor4D): Tensor4D {
  const [, height, width] = student.shape;
  return teacher.shape[1] === height && teacher.shape[2] === width ? teacher : resizeBilinear(teacher, [height, width]);
}

/** When a student's tap goes through a 1×1 convolution before it is held against the teacher's. */
export const adapterOption = z.enum(['where-needed', 'always', 'none']).default('where-needed').meta({
  title: 'Adapter',
  description:
    'A 1×1 convolution of the student’s tap: where its channels are not as many as the teacher’s, always, or none',
});

/** Its arrays for the chosen tap, none where there is no adapter. @throws Problem where there has to be one and may not be */
export function adapterArrays(
  shapes: Pick<LossShapes, 'student' | 'teacher'>,
  tap: number | null,
  adapter: z.output<typeof adapterOption>,
): OwnArray[] {
  const [, , channels] = chosen(shapes.student, tap);
  const [, , wanted] = chosen(shapes.teacher, tap);
  if (adapter === 'none' && channels !== wanted) {
    throw new Problem(`The student’s tap has ${channels} channels but the teacher’s has ${wanted}.`, {
      where: 'adapter',
      next: 'Take an adapter, or taps of as many channels.',
    });
  }
  return adapter === 'always' || channels !== wanted ? pointwiseArrays('adapter', channels, wanted) : [];
}

/** The student's chosen tap, through its adapter where it has one. */
export function adaptedStudent({ student, own }: LossInputs, tap: number | null): Tensor4D {
  const given = chosen(student.taps, tap);
  return own!.has('adapter.weight') ? pointwise(given, own!, 'adapter') : given;
}

/** That, and the teacher's at its size. */
export function adaptedPair(inputs: LossInputs, tap: number | null): { student: Tensor4D; teacher: Tensor4D } {
  const student = adaptedStudent(inputs, tap);
  return { student, teacher: atSizeOf(student, chosen(inputs.teacher!.taps, tap)) };
}
