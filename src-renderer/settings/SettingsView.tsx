import { Radio, SegmentedControl } from '@mantine/core';
import type { EngineStatus } from '../../src-main/contract/window.ts';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useAsk } from '../state/queries.ts';
import './settings.css';

const THEMES = [
  { value: 'auto', label: 'Like the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

const ENGINES = [
  {
    value: 'auto',
    label: 'Automatic',
    description: 'The best that can be used here, in the order below.',
  },
  {
    value: 'cuda',
    label: 'Graphics processor (CUDA)',
    description: 'Refused with the reason where it cannot be used.',
  },
  { value: 'cpu', label: 'Processor', description: 'TensorFlow’s native library; the same numbers at every run.' },
  {
    value: 'webgpu',
    label: 'Graphics processor (WebGPU)',
    description: 'Any maker’s card with a Vulkan driver; trains slower than CUDA.',
  },
  { value: 'wasm', label: 'WebAssembly', description: 'Runs everywhere, several times slower.' },
] as const;

/** Theme and engine; kept by the host for all projects. */
export function SettingsView() {
  const { settings, changeSettings, info } = useApp();
  const { data: engines } = useAsk('app.engines', {});
  return (
    <div className="settings scroll" data-panel>
      <h1>Settings</h1>
      <section>
        <h2 className="panel-title" id="theme-title">
          Theme
        </h2>
        <SegmentedControl
          aria-labelledby="theme-title"
          data={[...THEMES]}
          value={settings.theme}
          onChange={(theme) => attempt(() => changeSettings({ theme: theme as typeof settings.theme }))}
          data-testid="settings-theme"
        />
      </section>
      <section>
        <Radio.Group
          label="Engine"
          description="What computes; it is used from the next job on."
          value={settings.engine}
          onChange={(engine) => attempt(() => changeSettings({ engine: engine as typeof settings.engine }))}
          data-testid="settings-engine"
        >
          <div className="settings-options">
            {ENGINES.map((engine) => (
              <Radio
                key={engine.value}
                {...engine}
                description={
                  <>
                    {engine.description} <EngineState state={engines?.find(({ id }) => id === engine.value)} />
                  </>
                }
                size="xs"
              />
            ))}
          </div>
        </Radio.Group>
      </section>
      {info && (
        <p className="quiet">
          Stillroom {info.version} on {info.platform}
        </p>
      )}
    </div>
  );
}

/** Whether an engine can be used here, and what makes it so; nothing while that is not known. */
function EngineState({ state }: { state: EngineStatus | undefined }) {
  if (!state) return null;
  const words = `${state.ready ? 'Ready' : 'Not ready'}: ${state.detail}.`;
  return <span data-testid={`engine-${state.id}`}>{state.next ? `${words} To have it: ${state.next}.` : words}</span>;
}
