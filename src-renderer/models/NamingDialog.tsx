import { Button, Group, Modal, NumberInput, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { ModelNaming, NamedShape } from '../../src-main/contract/model-requests.ts';
import { ask } from '../host.ts';
import { Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useAsk } from '../state/queries.ts';
import { useCardDialog } from './card-dialog.ts';
import { useNaming } from './naming.ts';
import './naming.css';

/** Asks which network a file of weights is of, and shows what fits and what does not. */
export function NamingDialog() {
  const { picked } = useNaming();
  const close = () => useNaming.setState({ picked: null });
  return (
    <Modal opened={picked !== null} onClose={close} title={`Import ${picked?.label ?? ''}`} size={860}>
      {picked && <NamingForm key={picked.file} file={picked.file} close={close} />}
    </Modal>
  );
}

function NamingForm({ file, close }: { file: string; close: () => void }) {
  const [naming, setNaming] = useState<ModelNaming>({ network: null, outputs: null, names: {} });
  const [busy, setBusy] = useState(false);
  const networks = useAsk('networks.list', {});
  const match = useAsk('models.match', { file, naming }, { keep: true });
  const found = match.data;

  async function start() {
    setBusy(true);
    const whole = { ...naming, network: found?.network ?? null, outputs: found?.outputs ?? null };
    const model = await attempt(() => ask('models.import', { file, naming: whole }));
    setBusy(false);
    if (!model) return;
    notifications.show({ message: `Imported ${model.card.name}.`, autoClose: 4000 });
    useApp.getState().show('models');
    if (model.card.guessed) useCardDialog.setState({ model: model.id });
    close();
  }

  const named = (ours: string, theirs: string | null) => {
    const { [ours]: _, ...rest } = naming.names;
    const names = theirs === null ? rest : { ...rest, [ours]: theirs };
    // From now on it is this network that is meant
    setNaming({ network: found?.network ?? null, outputs: found?.outputs ?? null, names });
  };
  const open = found ? found.missing.length + found.mismatched.length : 1;

  return (
    <div className="naming" data-testid="naming">
      <Group gap={8} align="flex-end">
        <Select
          label="Network"
          searchable
          allowDeselect={false}
          data={(networks.data ?? []).map(({ id, title }) => ({ value: id, label: title }))}
          value={found?.network.id ?? null}
          onChange={(id) => id && setNaming({ ...naming, network: { id, options: {} }, outputs: null })}
          data-testid="naming-network"
          style={{ flex: 1 }}
        />
        <NumberInput
          label="Outputs"
          min={1}
          max={4096}
          allowDecimal={false}
          value={found?.outputs ?? ''}
          onChange={(value) => typeof value === 'number' && setNaming({ ...naming, outputs: value })}
          style={{ width: 110 }}
        />
      </Group>
      {match.error && <RefusalBox refusal={match.error} />}
      {!found && !match.error && <Waiting text="Comparing with the networks" />}
      {found && (
        <>
          <p aria-live="polite" data-testid="naming-sum">
            {found.matched} tensors fit, {found.missing.length} are missing, {found.mismatched.length} have another
            shape, {found.unexpected.length} are not of this network.
          </p>
          <div className="naming-lists scroll">
            {(found.missing.length > 0 || Object.keys(naming.names).length > 0) && (
              <>
                <h3 className="panel-title">Missing in the file</h3>
                {rows(naming, found.missing).map((one) => (
                  <div className="naming-row" key={one.name}>
                    <code>{one.name}</code>
                    <span className="quiet">{one.shape?.join(' × ')}</span>
                    <Select
                      size="xs"
                      searchable
                      clearable
                      placeholder="is called …"
                      aria-label={`What ${one.name} is called in the file`}
                      data={choices(found.unexpected, one.shape, naming.names[one.name])}
                      value={naming.names[one.name] ?? null}
                      onChange={(theirs) => named(one.name, theirs)}
                    />
                  </div>
                ))}
              </>
            )}
            {found.mismatched.length > 0 && (
              <>
                <h3 className="panel-title">Of another shape</h3>
                {found.mismatched.map((one) => (
                  <div className="naming-row" key={one.name}>
                    <code>{one.name}</code>
                    <span className="quiet">
                      {one.file.join(' × ')} in the file, {one.network.join(' × ')} in the network
                    </span>
                  </div>
                ))}
              </>
            )}
            {found.unexpected.length > 0 && (
              <>
                <h3 className="panel-title">Not of this network; left out</h3>
                {found.unexpected.map((one) => (
                  <div className="naming-row" key={one.name}>
                    <code>{one.name}</code>
                    <span className="quiet">{one.shape.join(' × ')}</span>
                  </div>
                ))}
              </>
            )}
          </div>
        </>
      )}
      <Group justify="flex-end" mt={16} gap={8}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          disabled={open > 0}
          loading={busy}
          onClick={start}
          title={open > 0 ? 'Every tensor of the network has to have its counterpart in the file' : undefined}
          data-testid="naming-import"
        >
          Import
        </Button>
      </Group>
    </div>
  );
}

/** What was missing and has a name now, then what still is. */
function rows({ names }: ModelNaming, missing: NamedShape[]): { name: string; shape: number[] | null }[] {
  const given = Object.keys(names).map((name) => ({ name, shape: null }));
  return [...given, ...missing.filter(({ name }) => !Object.hasOwn(names, name))];
}

/** Names of the file that may stand for a tensor: those of its shape first. */
function choices(unexpected: NamedShape[], shape: number[] | null, chosen: string | undefined): string[] {
  const same = (one: NamedShape) => shape !== null && one.shape.join() === shape.join();
  const names = [...unexpected.filter(same), ...unexpected.filter((one) => !same(one))].map(({ name }) => name);
  // While the host compares again, the name that was chosen is still among those that are left over
  return chosen === undefined ? names : [...new Set([chosen, ...names])];
}
