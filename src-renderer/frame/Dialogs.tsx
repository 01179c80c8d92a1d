import { Kbd, Modal } from '@mantine/core';
import { showKey } from '../commands/keys.ts';
import { COMMANDS, type Command, MENUS } from '../commands/list.ts';
import { isMac } from '../commands/Tip.tsx';
import { ImportDialog } from '../import/ImportDialog.tsx';
import { CardDialog } from '../models/CardDialog.tsx';
import { NamingDialog } from '../models/NamingDialog.tsx';
import { useApp } from '../state/app.ts';
import { SweepForm } from '../train/SweepForm.tsx';
import { ExportForm } from './ExportForm.tsx';
import './dialogs.css';

/** Dialogs that any view may open. */
export function Dialogs() {
  const { dialog, setDialog, info } = useApp();
  const close = () => setDialog(null);
  return (
    <>
      <Modal opened={dialog === 'shortcuts'} onClose={close} title="Keyboard shortcuts" size={760}>
        <Shortcuts />
      </Modal>
      <Modal opened={dialog === 'export'} onClose={close} title="Export annotations" size={560}>
        <ExportForm close={close} />
      </Modal>
      <Modal opened={dialog === 'sweep'} onClose={close} title="Start a sweep" size={760}>
        <SweepForm close={close} />
      </Modal>
      <ImportDialog />
      <NamingDialog />
      <CardDialog />
      <Modal opened={dialog === 'about'} onClose={close} title="Stillroom">
        <p>A workbench to distil small semantic-segmentation networks out of large ones.</p>
        <p className="quiet">
          Version {info?.version} on {info?.platform}. Apache License 2.0.
        </p>
      </Modal>
    </>
  );
}

function Shortcuts() {
  const commands = (COMMANDS as readonly Command[]).filter((command) => command.keys && !command.quiet);
  return (
    <div className="shortcuts">
      {MENUS.filter((menu) => commands.some((command) => command.menu === menu)).map((menu) => (
        <section key={menu}>
          <h3 className="panel-title">{menu}</h3>
          <dl>
            {commands
              .filter((command) => command.menu === menu)
              .map((command) => (
                <div key={command.id}>
                  <dt>{command.title}</dt>
                  <dd>
                    {command.keys?.map((key) => (
                      <Kbd key={key} size="xs">
                        {showKey(key, isMac)}
                      </Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            {menu === 'Image' && (
              <div>
                <dt>Classes 1 to 10 on or off</dt>
                <dd>
                  <Kbd size="xs">1</Kbd> … <Kbd size="xs">9</Kbd> <Kbd size="xs">0</Kbd>
                </dd>
              </div>
            )}
          </dl>
        </section>
      ))}
    </div>
  );
}
