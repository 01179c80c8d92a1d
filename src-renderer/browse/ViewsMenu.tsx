import { ActionIcon, Button, CloseButton, Popover, TextInput, Tooltip } from '@mantine/core';
import { IconBookmark } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { ask } from '../host.ts';
import { attempt } from '../state/actions.ts';
import { ALL_ITEMS } from '../state/item-pages.ts';
import { useAsk } from '../state/queries.ts';
import { useBrowse } from './store.ts';

/** Filters and orders that were kept under names, and the way to keep the one that is shown. */
export function ViewsMenu({ dataset }: { dataset: number }) {
  const { listing, show } = useBrowse();
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const views = useAsk('views.list', { dataset }, { keep: true }).data ?? [];
  const now = JSON.stringify(listing);
  const choose = (to: typeof listing) => {
    show(to);
    setOpened(false);
  };
  const save = () =>
    attempt(async () => {
      await ask('views.save', { dataset, name, ...listing });
      setName('');
      // The button is off now: the focus stays in the menu.
      field.current?.focus();
    });
  const remove = (own: string) =>
    attempt(async () => {
      await ask('views.remove', { dataset, name: own });
      // Its row goes, and the focus would with it.
      field.current?.focus();
    });
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" shadow="md" width={280} trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label="Saved views" disabled={opened}>
          <ActionIcon aria-label="Saved views" onClick={() => setOpened(!opened)} data-testid="views">
            <IconBookmark size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={4} className="filter-menu">
        <button
          type="button"
          className="plain-button menu-row"
          onClick={() => choose(ALL_ITEMS)}
          data-testid="view-all-images"
        >
          All images, by name
        </button>
        {views.map(({ name: own, filter, sort }) => (
          <div key={own} className="row">
            <button
              type="button"
              className="plain-button menu-row ellipsis grow"
              aria-current={JSON.stringify({ filter, sort }) === now}
              title={own}
              onClick={() => choose({ filter, sort })}
              data-testid={`view-${own}`}
            >
              {own}
            </button>
            <CloseButton
              size={24}
              aria-label={`Remove the view ${own}`}
              title="Remove this view"
              onClick={() => remove(own)}
            />
          </div>
        ))}
        <form
          className="row filter-form"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <TextInput
            ref={field}
            className="grow"
            aria-label="Name of the view"
            placeholder="Keep this view as"
            maxLength={80}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            data-autofocus
            data-testid="view-name"
          />
          <Button type="submit" disabled={name.trim() === ''} data-testid="view-save">
            Keep
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
