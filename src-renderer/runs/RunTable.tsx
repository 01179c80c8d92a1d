import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import {
  type ColumnDef,
  createExpandedRowModel,
  createSortedRowModel,
  rowExpandingFeature,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { endedTrials } from '../../src-main/contract/sweep.ts';
import type { RunSummary } from '../../src-main/contract/window.ts';
import { count, figure, percent, time } from '../shared/format.ts';
import { bestMIoU, type Entry } from './entries.ts';

const features = tableFeatures({
  rowSortingFeature,
  rowExpandingFeature,
  expandedRowModel: createExpandedRowModel(),
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});

type Column = ColumnDef<typeof features, Entry>;

/** @param ofSweep what a sweep has there, where it is something else than its best run has */
const text = (
  id: string,
  header: string,
  of: (run: RunSummary) => string,
  ofSweep?: (entry: Entry) => string,
): Column => ({
  id,
  header,
  accessorFn: (entry) => (entry.sweep && ofSweep ? ofSweep(entry) : entry.run ? of(entry.run) : '–'),
  sortFn: 'alphanumeric',
});
const number = (
  id: string,
  header: string,
  of: (entry: Entry) => number | null | undefined,
  show: (value: number | null | undefined) => string,
): Column => ({
  id,
  header,
  accessorFn: (entry) => of(entry) ?? Number.NEGATIVE_INFINITY,
  cell: ({ row }) => show(of(row.original)),
  sortFn: 'basic',
  sortDescFirst: true,
});

const NUMBERS = new Set(['step', 'mIoU', 'best', 'loss', 'parameters']);
const statusOf = ({ sweep, run }: Entry) => sweep?.status ?? run?.status;
/** How far it is: steps of a run, runs of a sweep. */
const doneOf = ({ sweep, run }: Entry) => (sweep ? endedTrials(sweep) : run?.step);

const COLUMNS: Column[] = [
  text(
    'name',
    'Name',
    ({ name }) => name,
    ({ sweep }) => `${sweep!.name}: sweep of ${sweep!.fields.map(({ field }) => field).join(', ')}`,
  ),
  text(
    'status',
    'Status',
    ({ status }) => status,
    ({ sweep }) => sweep!.status,
  ),
  {
    ...number('step', 'Step', doneOf, String),
    cell: ({ row: { original: entry } }) =>
      entry.sweep ? `${doneOf(entry)} / ${entry.sweep.runs} runs` : `${entry.run!.step} / ${entry.run!.steps}`,
  },
  number('mIoU', 'mIoU', ({ sweep, run }) => (sweep ? bestMIoU(sweep) : run?.mIoU), percent),
  number('best', 'Best mIoU', ({ sweep, run }) => (sweep ? bestMIoU(sweep) : run?.bestMIoU), percent),
  number(
    'loss',
    'Loss',
    ({ sweep, run }) => (sweep ? null : run?.loss),
    (value) => figure(value),
  ),
  text('network', 'Student', ({ network }) => network),
  number('parameters', 'Parameters', ({ run }) => run?.parameters, count),
  text('methods', 'Methods', ({ methods }) => methods.join(' + ')),
  text('teacher', 'Teacher', ({ teacherName, otherTeachers }) =>
    teacherName === null ? '–' : [teacherName, ...otherTeachers.map(({ name }) => name)].join(' + '),
  ),
  text(
    'dataset',
    'Data set',
    ({ datasetName, targetName }) => (targetName === null ? datasetName : `${datasetName} → ${targetName}`),
    ({ sweep }) => sweep!.datasetName,
  ),
  text('engine', 'Engine', ({ engine }) => engine ?? '–'),
  text(
    'startedAt',
    'Started',
    ({ startedAt }) => time(startedAt),
    ({ sweep }) => time(sweep!.startedAt),
  ),
];

/** The sweep that is opened, or whose run is, shows its runs. */
function unfolded(entries: Entry[], opened: string | null): Record<string, boolean> {
  const sweep = entries.find(({ id, under }) => id === opened || under.some((one) => one.id === opened));
  return sweep ? { [sweep.id]: true } : {};
}

/** The runs of a project, sortable by each column, those of a sweep under it; the newest first at the start. */
export function RunTable(props: { entries: Entry[]; opened: string | null; onOpen: (entry: Entry) => void }) {
  const { entries, opened, onOpen } = props;
  const table = useTable({
    features,
    columns: COLUMNS,
    data: entries,
    getSubRows: ({ under }) => under,
    // Each step that a run makes is another list
    autoResetExpanded: false,
    initialState: { sorting: [{ id: 'startedAt', desc: true }], expanded: unfolded(entries, opened) },
    getRowId: ({ id }) => id,
  });
  return (
    <table className="sheet" data-testid="runs-table" aria-label="Runs">
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => {
              const sorted = header.column.getIsSorted();
              return (
                <th
                  key={header.id}
                  className={NUMBERS.has(header.column.id) ? 'number' : undefined}
                  aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : undefined}
                >
                  <button type="button" className="plain-button" onClick={header.column.getToggleSortingHandler()}>
                    <table.FlexRender header={header} />
                    <span className="sort-mark">{sorted === 'asc' ? '↑' : sorted === 'desc' ? '↓' : ''}</span>
                  </button>
                </th>
              );
            })}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr
            key={row.id}
            className="choosable"
            data-open={row.id === opened ? '' : undefined}
            onClick={() => onOpen(row.original)}
            data-depth={row.depth > 0 ? row.depth : undefined}
            data-testid={row.original.sweep ? `sweep-${row.original.sweep.sweep}` : `run-${row.id}`}
          >
            {row.getAllCells().map((cell, index) => (
              <td
                key={cell.id}
                className={NUMBERS.has(cell.column.id) ? 'number' : undefined}
                data-status={cell.column.id === 'status' ? statusOf(row.original) : undefined}
              >
                {index === 0 ? (
                  <span className="run-name">
                    {row.original.sweep && (
                      <button
                        type="button"
                        className="plain-button run-fold"
                        aria-label={row.getIsExpanded() ? 'Hide its runs' : 'Show its runs'}
                        aria-expanded={row.getIsExpanded()}
                        onClick={(event) => {
                          event.stopPropagation();
                          row.toggleExpanded();
                        }}
                        data-testid={`fold-${row.original.sweep.sweep}`}
                      >
                        {row.getIsExpanded() ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
                      </button>
                    )}
                    <button type="button" className="plain-button" aria-expanded={row.id === opened}>
                      <table.FlexRender cell={cell} />
                    </button>
                  </span>
                ) : (
                  <table.FlexRender cell={cell} />
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
