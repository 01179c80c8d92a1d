import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FromWorker, StepMetrics } from '../../../src-main/contract/job.ts';
import { Reporter } from '../../../src-main/training/reporter.ts';

let posted: FromWorker[];
let report: Reporter;
beforeEach(() => {
  vi.useFakeTimers();
  posted = [];
  report = new Reporter((message) => posted.push(message));
});
afterEach(() => vi.useRealTimers());

const metrics = (step: number): StepMetrics => ({
  step,
  loss: 1,
  learningRate: 1,
  imagesPerSecond: 1,
  wait: 0,
  terms: [],
});

test('steps go out four times a second, none of them lost', () => {
  for (let step = 1; step <= 100; step++) {
    report.step(metrics(step));
    vi.advanceTimersByTime(20);
  }
  report.say({ type: 'checkpoint', step: 100 });
  const steps = posted.flatMap((message) => (message.type === 'steps' ? message.metrics.map((m) => m.step) : []));
  expect(steps).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(posted.length).toBeLessThanOrEqual(2 * 4 + 2);
  expect(posted.at(-1)).toEqual({ type: 'checkpoint', step: 100 });
});

test('progress goes out four times a second, its end always', () => {
  for (let done = 1; done <= 100; done++) {
    report.progress(done, 100);
    vi.advanceTimersByTime(20);
  }
  expect(posted.length).toBeLessThanOrEqual(2 * 4 + 2);
  expect(posted.at(-1)).toEqual({ type: 'progress', done: 100, total: 100 });
});
