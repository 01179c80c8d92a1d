import { UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import type { DatasetProblem } from '../../src-main/contract/dataset.ts';
import { ProblemList } from '../shared/ProblemList.tsx';

/** What was wrong in the data set's folder: counted, and on demand file by file. */
export function Problems({ problems }: { problems: DatasetProblem[] }) {
  const [open, setOpen] = useState(false);
  if (problems.length === 0) return null;
  return (
    <div className="problems" data-testid="dataset-problems">
      <UnstyledButton fz={13} onClick={() => setOpen(!open)} aria-expanded={open}>
        <span className="bad">
          {problems.length} {problems.length === 1 ? 'file has a problem' : 'files have problems'}
        </span>{' '}
        <span className="quiet">{open ? 'Hide' : 'Show'}</span>
      </UnstyledButton>
      {open && <ProblemList problems={problems} />}
    </div>
  );
}
