/** What is drawn of CSD's matrices: teacher and student on one scale, and their difference about zero. Pure. */
export function matrixParts(matrices: {
  teacher: number[];
  student: number[];
}): { title: string; values: number[]; range: [number, number]; diverging: boolean }[] {
  const { teacher, student } = matrices;
  const difference = student.map((value, index) => value - teacher[index]);
  const low = Math.min(...teacher, ...student);
  const high = Math.max(...teacher, ...student);
  const far = Math.max(...difference.map(Math.abs)) || 1e-6;
  return [
    { title: 'teacher', values: teacher, range: [low, high], diverging: false },
    { title: 'student', values: student, range: [low, high], diverging: false },
    { title: 'difference', values: difference, range: [-far, far], diverging: true },
  ];
}
