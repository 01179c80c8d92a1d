/** How the teachers of a run teach, in words. Pure. */

/** How a run's teachers teach; null where there is none. */
export function teachingOf({
  teacherName,
  otherTeachers,
  bestTeachers,
}: {
  teacherName: string | null;
  otherTeachers: readonly { name: string }[];
  bestTeachers: readonly (number | null)[] | null;
}): string | null {
  if (teacherName === null || otherTeachers.length === 0) return teacherName;
  const names = [teacherName, ...otherTeachers.map(({ name }) => name)].join(', ');
  return `${names}: ${bestTeachers ? 'the best teacher of each class' : 'the mean of their logits'}`;
}
