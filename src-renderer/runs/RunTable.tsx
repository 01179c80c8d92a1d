import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import type { RunSummary } from '../../src-main/contract/window.ts';
import { count, figure, percent, time } from '../shared/format.ts';

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});

type Column = ColumnDef<typeof features, RunSummary>;

const text = (id: string, header: string, of: (run: RunSummary) => string): Column => ({
  id,
  header,
  accessorFn: of,
  sortFn: 'alphanumeric',
});
const number = (
  id: string,
  header: string,
  of: (run: RunSummary) => number | null,
  show: (value: number | null) => string,
): Column => ({
  id,
  header,
  accessorFn: (run) => of(run) ?? Number.NEGATIVE_INFINITY,
  cell: ({ row }) => show(of(row.original)),
  sortFn: 'basic',
  sortDescFirst: true,
});

const NUMBERS = new Set(['step', 'mIoU', 'best', 'loss', 'parameters']);

const COLUMNS: Column[] = [
  text('name', 'Name', ({ name }) => name),
  text('status', 'Status', ({ status }) => status),
  {
    ...number('step', 'Step', ({ step }) => step, String),
    cell: ({ row }) => `${row.original.step} / ${row.original.steps}`,
  },
  number('mIoU', 'mIoU', ({ mIoU }) => mIoU, percent),
  number('best', 'Best mIoU', ({ bestMIoU }) => bestMIoU, percent),
  number('loss', 'Loss', ({ loss }) => loss, figure),
  text('network', 'Student', ({ network }) => network),
  number('parameters', 'Parameters', ({ parameters }) => parameters, count),
  text('methods', 'Methods', ({ methods }) => methods.join(' + ')),
  text('teacher', 'Teacher', ({ teacherName, otherTeachers }) =>
    teacherName === null ? '–' : [teacherName, ...otherTeachers.map(({ name }) => name)].join(' + '),
  ),
  text('dataset', 'Data set', ({ datasetName }) => datasetName),
  text('engine', 'Engine', ({ engine }) => engine ?? '–'),
  text('startedAt', 'Started', ({ startedAt }) => time(startedAt)),
];

/** The runs of a project, sortable by each column; the newest first at the start. */
export function RunTable(props: { runs: RunSummary[]; opened: string | null; onOpen: (run: string) => void }) {
  const { runs, opened, onOpen } = props;
  const table = useTable({
    features,
    columns: COLUMNS,
    data: runs,
    initialState: { sorting: [{ id: 'startedAt', desc: true }] },
    getRowId: ({ run }) => run,
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
            onClick={() => onOpen(row.id)}
            data-testid={`run-${row.id}`}
          >
            {row.getAllCells().map((cell, index) => (
              <td
                key={cell.id}
                className={NUMBERS.has(cell.column.id) ? 'number' : undefined}
                data-status={cell.column.id === 'status' ? row.original.status : undefined}
              >
                {index === 0 ? (
                  <button type="button" className="plain-button" aria-expanded={row.id === opened}>
                    <table.FlexRender cell={cell} />
                  </button>
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
