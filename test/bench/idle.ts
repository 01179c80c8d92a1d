/** Whether the machine is idle enough to measure: its load average, and processes of others that compute. */
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as after } from 'node:timers/promises';

/** A process that takes more of one processor than this disturbs. */
const DISTURBING = 0.1;
const SAMPLE_MS = 500;
/** Clock ticks a second, as Linux states processor time to programs on every architecture. */
const TICKS = 100;

/** The load averages of the last 1, 5 and 15 minutes. */
export function loadText(): string {
  const [one, five, fifteen] = os.loadavg().map((load) => load.toFixed(2));
  return `${one}, ${five}, ${fifteen} on ${os.availableParallelism()} processors`;
}

/** Other processes that are computing just now, as words; empty where there are none or the system does not say. */
export async function disturbers(): Promise<string[]> {
  const before = processorTimes();
  const began = performance.now();
  await after(SAMPLE_MS);
  const seconds = (performance.now() - began) / 1000;
  return [...processorTimes()].flatMap(([pid, { name, ticks }]) => {
    const earlier = before.get(pid);
    if (!earlier || pid === process.pid) return [];
    const share = (ticks - earlier.ticks) / TICKS / seconds;
    return share > DISTURBING ? [`${name} (process ${pid}, ${Math.round(share * 100)} % of a processor)`] : [];
  });
}

/** Name and used processor time of every process; none where there is no /proc. */
function processorTimes(): Map<number, { name: string; ticks: number }> {
  const times = new Map<number, { name: string; ticks: number }>();
  if (process.platform !== 'linux') return times;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const end = stat.lastIndexOf(')');
      const fields = stat.slice(end + 2).split(' ');
      const ticks = Number(fields[11]) + Number(fields[12]);
      times.set(Number(entry), { name: stat.slice(stat.indexOf('(') + 1, end), ticks });
    } catch {
      // It has ended meanwhile.
    }
  }
  return times;
}
