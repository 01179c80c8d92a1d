/** Whether the machine is idle enough to measure: its load average, and what others compute meanwhile. */
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as after } from 'node:timers/promises';

/** More of one processor than this disturbs. */
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
    return share > DISTURBING ? [`${name} (process ${pid}, ${percent(share)} of a processor)`] : [];
  });
}

/** Name and used processor time of every process; none where there is no /proc. */
function processorTimes(): Map<number, { name: string; ticks: number }> {
  const times = new Map<number, { name: string; ticks: number }>();
  if (process.platform !== 'linux') return times;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const { name, fields } = statOf(entry);
      times.set(Number(entry), { name, ticks: fields[11] + fields[12] });
    } catch {
      // It has ended meanwhile.
    }
  }
  return times;
}

/** A process's name and the numbers after its state, from the fourth field of /proc/PID/stat on at index 1. */
function statOf(pid: string): { name: string; fields: number[] } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold spaces and brackets itself.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  return { name: stat.slice(stat.indexOf('(') + 1, end), fields: fields.map(Number) };
}

/** Watches from now on what is computed on this machine by others than us and the processes that we have started. */
export class Watch {
  private readonly began = performance.now();
  private readonly before = othersTicks();

  /** What others took, as a sentence; undefined where it was little. Our own processes must have ended. */
  sentence(): string | undefined {
    const seconds = (performance.now() - this.began) / 1000;
    const share = (othersTicks() - this.before) / TICKS / seconds;
    if (share <= DISTURBING) return undefined;
    return `Not idle: others took ${percent(share)} of a processor meanwhile, from which PyTorch suffers more than we do.`;
  }
}

/** Processor time of the machine that was neither idle nor ours; 0 where there is no /proc. */
function othersTicks(): number {
  if (process.platform !== 'linux') return 0;
  const [, ...all] = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/);
  const [user, nice, system, , , irq, softirq, steal] = all.map(Number);
  const { fields } = statOf('self');
  const ours = fields[11] + fields[12] + fields[13] + fields[14];
  return user + nice + system + irq + softirq + steal - ours;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
