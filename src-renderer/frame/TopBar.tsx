import { ActionIcon, Kbd, Menu, Menubar } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { canRun, run } from '../commands/handlers.ts';
import { actsAt, showKey } from '../commands/keys.ts';
import { COMMANDS, type Command, MENUS, type Menu as MenuName } from '../commands/list.ts';
import { currentPlace } from '../commands/place.ts';
import { isMac, Tip } from '../commands/Tip.tsx';
import { useApp } from '../state/app.ts';
import type { View } from '../state/route.ts';

const NAV: { view: View; title: string }[] = [
  { view: 'browse', title: 'Browse' },
  { view: 'annotate', title: 'Annotate' },
  { view: 'train', title: 'Train' },
  { view: 'compare', title: 'Compare' },
  { view: 'runs', title: 'Runs' },
  { view: 'models', title: 'Models' },
];

/** What a view is called. */
export function titleOf(view: View): string {
  return NAV.find((item) => item.view === view)?.title ?? view;
}

/** Menus, the project, the views, and the way to the palette. */
export function TopBar() {
  const { info, view, show } = useApp();
  const project = info?.project ?? null;
  return (
    <header className="topbar" data-panel>
      <MenuBar />
      {project && (
        <span className="ellipsis quiet" title={project.folder} data-testid="project-name">
          {project.name}
        </span>
      )}
      <nav className="nav" aria-label="Views">
        {project &&
          NAV.map((item) => (
            <button
              key={item.view}
              type="button"
              aria-current={item.view === view ? 'page' : undefined}
              onClick={() => show(item.view)}
              data-testid={`nav-${item.view}`}
            >
              {item.title}
            </button>
          ))}
      </nav>
      <Tip command="palette">
        <ActionIcon aria-label="Find command" onClick={() => run('palette')} data-testid="open-palette">
          <IconSearch size={16} />
        </ActionIcon>
      </Tip>
    </header>
  );
}

/** One menu per group of commands; what cannot be done now is grey. */
function MenuBar() {
  const [open, setOpen] = useState<number | null>(null);
  return (
    <Menubar openIndex={open} onOpenChange={setOpen} aria-label="Menu">
      {MENUS.map((menu, index) => (
        <Menubar.Menu key={menu} width={280} shadow="md">
          <Menubar.Target data-testid={`menu-${menu.toLowerCase()}`}>{menu}</Menubar.Target>
          <Menubar.Dropdown mah={640} style={{ overflow: 'auto' }}>
            {open === index && <MenuItems menu={menu} />}
          </Menubar.Dropdown>
        </Menubar.Menu>
      ))}
    </Menubar>
  );
}

function MenuItems({ menu }: { menu: MenuName }) {
  const place = currentPlace();
  const commands = (COMMANDS as readonly Command[]).filter((command) => command.menu === menu && !command.quiet);
  return commands.map((command) => (
    <Menu.Item
      key={command.id}
      disabled={!actsAt(command, place) || !canRun(command.id)}
      onClick={() => run(command.id)}
      rightSection={command.keys ? <Kbd size="xs">{showKey(command.keys[0], isMac)}</Kbd> : undefined}
      data-testid={`command-${command.id}`}
    >
      {command.title}
    </Menu.Item>
  ));
}
