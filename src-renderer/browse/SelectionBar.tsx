import { Button, Popover, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { handle, run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import { ask } from '../host.ts';
import { whole } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';
import { ALL } from '../state/item-pages.ts';
import { useAsk } from '../state/queries.ts';
import { useBrowse } from './store.ts';

/** What can be done with the chosen images; it lies over the grid, so that nothing moves when it comes. */
export function SelectionBar({ dataset }: { dataset: number }) {
  const { chosen, listing, show, choose, setMode } = useBrowse();
  const [tagging, setTagging] = useState(false);
  useEffect(() => {
    const enabled = () => useBrowse.getState().chosen.size > 0;
    return handle({
      // Escape closes what is open first.
      'selection.clear': { run: () => (tagging ? setTagging(false) : choose([])), enabled },
      'selection.tag': { run: () => setTagging(true), enabled },
    });
  }, [choose, tagging]);
  if (chosen.size === 0) return null;
  return (
    <div className="selection-bar" role="toolbar" aria-label="Chosen images" data-panel data-testid="selection">
      <span role="status" data-testid="selection-count">
        {whole(chosen.size)} chosen
      </span>
      <Popover opened={tagging} onChange={setTagging} position="top" shadow="md" width={280} trapFocus returnFocus>
        <Popover.Target>
          <Tip command="selection.tag" disabled={tagging}>
            <Button variant="default" onClick={() => run('selection.tag')} data-testid="selection-tag">
              Tag…
            </Button>
          </Tip>
        </Popover.Target>
        <Popover.Dropdown p={4} className="filter-menu">
          <Tags dataset={dataset} items={[...chosen]} />
        </Popover.Dropdown>
      </Popover>
      <Button
        variant="default"
        onClick={() => {
          show({ ...listing, filter: { ...ALL, ids: [...chosen] } });
          setMode('grid');
        }}
        data-testid="selection-only"
      >
        Show only these
      </Button>
      <Tip command="selection.clear">
        <Button variant="subtle" color="gray" onClick={() => run('selection.clear')} data-testid="selection-clear">
          Clear
        </Button>
      </Tip>
    </div>
  );
}

/** Puts tags on the chosen images and takes them off. */
function Tags({ dataset, items }: { dataset: number; items: number[] }) {
  const [name, setName] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const tags = useAsk('tags.list', { dataset }, { keep: true }).data ?? [];
  const change = (how: { add?: string[]; remove?: string[] }) => attempt(() => ask('items.tag', { items, ...how }));
  return (
    <>
      <div className="filter-form">
        {tags.map(({ tag, items: count }) => (
          <div key={tag} className="row">
            <span className="ellipsis grow" title={`${tag}: on ${whole(count)} images`}>
              {tag}
            </span>
            <Button variant="subtle" onClick={() => change({ add: [tag] })} data-testid={`tag-add-${tag}`}>
              Put on
            </Button>
            <Button variant="subtle" onClick={() => change({ remove: [tag] })} data-testid={`tag-remove-${tag}`}>
              Take off
            </Button>
          </div>
        ))}
      </div>
      <form
        className="row filter-form"
        onSubmit={async (event) => {
          event.preventDefault();
          await change({ add: [name] });
          setName('');
          // The button is off now: the focus stays in the menu.
          field.current?.focus();
        }}
      >
        <TextInput
          ref={field}
          className="grow"
          aria-label="New tag"
          placeholder="New tag"
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
          data-testid="tag-name"
        />
        <Button type="submit" disabled={name.trim() === ''} data-testid="tag-put">
          Put on
        </Button>
      </form>
    </>
  );
}
