import { readFileSync, rmSync } from 'node:fs';
import type { ElectronApplication } from 'playwright-core';

/** What is read of an event in Chromium's trace; times are in microseconds. */
interface TraceEvent {
  name: string;
  ph: string;
  ts: number;
  pid: number;
  id2?: { local?: string };
  args?: { event_latency?: { event_type?: string } };
}

/**
 * Seconds from each movement of the pressed pointer, as it reaches the application, until the display shows it:
 * Chromium's own `EventLatency`.
 * @param act moves the pointer
 */
export async function untilPresented(app: ElectronApplication, act: () => Promise<void>): Promise<number[]> {
  await app.evaluate(({ contentTracing }) => contentTracing.startRecording({ included_categories: ['input'] }));
  await act();
  const file = await app.evaluate(({ contentTracing }) => contentTracing.stopRecording());
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: TraceEvent[] };
  rmSync(file);
  const begun = new Map<string, number>();
  const seconds: number[] = [];
  for (const { name, ph, ts, pid, id2, args } of traceEvents) {
    if (name !== 'EventLatency') continue;
    const id = `${pid} ${id2?.local}`;
    const from = begun.get(id);
    if (ph === 'b' && args?.event_latency?.event_type === 'MOUSE_DRAGGED') begun.set(id, ts);
    else if (ph === 'e' && from !== undefined) seconds.push((ts - from) / 1e6);
  }
  return seconds;
}

/** Seconds that processors have computed for the application so far, all of its processes together. */
export function computed(app: ElectronApplication): Promise<number> {
  return app.evaluate(({ app: electron }) =>
    electron.getAppMetrics().reduce((sum, { cpu }) => sum + (cpu.cumulativeCPUUsage ?? 0), 0),
  );
}
