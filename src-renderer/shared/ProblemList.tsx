import type { DatasetProblem } from '../../src-main/contract/dataset.ts';

/** As many as anybody reads; a broken data set may have one for each file. */
const SHOWN = 200;

/** What was wrong in a data set's folder, file by file. */
export function ProblemList({ problems }: { problems: DatasetProblem[] }) {
  return (
    <ul className="problem-list" tabIndex={problems.length > 0 ? 0 : undefined}>
      {problems.slice(0, SHOWN).map(({ path, message }) => (
        <li key={`${path} ${message}`}>{message.includes(path) ? message : `${path}: ${message}`}</li>
      ))}
      {problems.length > SHOWN && <li className="quiet">and {problems.length - SHOWN} more</li>}
    </ul>
  );
}
