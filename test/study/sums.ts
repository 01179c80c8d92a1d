/** What is tried whole on the fifth of train that is held back, and which of it the tables take. Pure. */
import {
  APD,
  APD_KL,
  APD_OWN,
  APD_PLAIN,
  DIST,
  DSD,
  type Entry,
  PSD,
  SOFT_CSD,
  type StudyTerm,
  sharpCsd,
} from './terms.ts';

const SMALL_APD: StudyTerm = { method: 'apd', params: { ...APD_OWN.params, dimensions: 64 }, times: 1 };

/** The same terms with other weights. */
function times(factor: number, terms: readonly StudyTerm[]): StudyTerm[] {
  return terms.map((term) => ({ ...term, times: factor }));
}

export const SUMS: Entry[] = [
  { id: 'alone', title: 'Student alone', terms: [] },
  { id: 'dsd-psd', title: 'PSD', terms: [PSD] },
  { id: 'dsd', title: 'PSD + CSD, τ = 4', terms: [PSD, SOFT_CSD] },
  { id: 'dsd-3', title: 'PSD + CSD, τ = 4, both × 3', terms: times(3, [PSD, SOFT_CSD]) },
  { id: 'dsd-tau-1', title: 'PSD + CSD, τ = 1', terms: [PSD, sharpCsd(1)] },
  { id: 'dsd-tau-03', title: 'PSD + CSD, τ = 1, × 0.3', terms: [PSD, sharpCsd(0.3)] },
  { id: 'dsd-tau-01', title: 'PSD + CSD, τ = 1, × 0.1 (DSD in the tables)', terms: DSD },
  { id: 'dsd-tau-003', title: 'PSD + CSD, τ = 1, × 0.03', terms: [PSD, sharpCsd(0.03)] },
  { id: 'apd', title: 'APD', terms: APD },
  { id: 'apd-03', title: 'APD, all × 0.3', terms: times(0.3, APD) },
  { id: 'apd-no-kl', title: 'APD without its KL', terms: [APD_OWN] },
  {
    id: 'apd-batch',
    title: 'APD without its KL, centres of the whole batch',
    terms: [{ ...APD_OWN, params: { ...APD_OWN.params, scope: 'batch' }, times: 1 }],
  },
  { id: 'apd-64', title: 'APD without its KL, adapters to 64 channels', terms: [SMALL_APD] },
  { id: 'apd-64-3', title: 'APD without its KL, adapters to 64 channels, × 3', terms: times(3, [SMALL_APD]) },
  { id: 'apd-plain', title: 'APD without adapters', terms: APD_PLAIN },
  { id: 'apd-plain-03', title: 'APD without adapters, its KL × 0.3', terms: [APD_PLAIN[0], ...times(0.3, [APD_KL])] },
  { id: 'dist', title: 'DIST', terms: [DIST] },
  { id: 'dsd-dist', title: 'PSD + CSD, τ = 4, + DIST', terms: [PSD, SOFT_CSD, DIST] },
  { id: 'dsd-tau-03-dist', title: 'PSD + CSD, τ = 1, × 0.3, + DIST', terms: [PSD, sharpCsd(0.3), DIST] },
  { id: 'dsd-tau-01-dist', title: 'DSD + DIST', terms: [...DSD, DIST] },
  { id: 'apd-dist', title: 'APD + DIST', terms: [...APD, DIST] },
];

/** The terms of the one that did best there. */
export const BEST: StudyTerm[] = SUMS.find(({ id }) => id === 'dsd-tau-03-dist')!.terms;
