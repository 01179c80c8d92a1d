import { UnstyledButton } from '@mantine/core';
import { IconDatabaseImport, IconFolderOpen, IconPlayerPlay } from '@tabler/icons-react';
import { openDataset, openProject, openRecent, openSample } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import './start.css';

const CHOICES = [
  {
    id: 'sample',
    title: 'Run the sample',
    text: 'A small street data set and a teacher, made on this machine. Everything can be tried with it.',
    icon: IconPlayerPlay,
    run: openSample,
  },
  {
    id: 'dataset',
    title: 'Open a data set folder…',
    text: 'Images with label maps. The folder is only read; the project is kept elsewhere.',
    icon: IconDatabaseImport,
    run: openDataset,
  },
  {
    id: 'project',
    title: 'Open a project…',
    text: 'Go on where you left off, runs that were interrupted included.',
    icon: IconFolderOpen,
    run: openProject,
  },
];

/** The first thing seen: three choices, one click each, and the projects of last time. */
export function Start() {
  const recent = useApp((state) => state.info?.recent ?? []);
  return (
    <div className="start" data-panel>
      <div className="start-inner">
        <h1>Stillroom</h1>
        <div className="start-choices">
          {CHOICES.map((choice) => (
            <UnstyledButton
              key={choice.id}
              className="start-choice"
              onClick={choice.run}
              data-testid={`start-${choice.id}`}
            >
              <choice.icon size={24} stroke={1.5} aria-hidden />
              <strong>{choice.title}</strong>
              <span className="quiet">{choice.text}</span>
            </UnstyledButton>
          ))}
        </div>
        {recent.length > 0 && (
          <section>
            <h2 className="panel-title">Recent projects</h2>
            {recent.map((project, index) => (
              <UnstyledButton
                key={project.folder}
                className="start-recent"
                onClick={() => openRecent(index)}
                data-testid={`recent-${index}`}
              >
                <span>{project.name}</span>
                <span className="quiet ellipsis">{project.folder}</span>
              </UnstyledButton>
            ))}
          </section>
        )}
      </div>
    </div>
  );
}
