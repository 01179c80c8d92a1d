import fc from 'fast-check';

// The same cases on every machine, so that a check says the same of the same code. FAST_CHECK_SEED tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20261123) });
