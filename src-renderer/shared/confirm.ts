import { create } from 'zustand';

export interface Question {
  title: string;
  text: string;
  /** What is done, as a verb. */
  verb: string;
  /** The harmless answer, which is also the default. */
  keep: string;
}

export const useConfirm = create<{ question: Question | null; answer: (yes: boolean) => void }>(() => ({
  question: null,
  answer: () => {},
}));

/** Asks before something that cannot be taken back at once. */
export function askConfirm(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    useConfirm.setState({
      question,
      answer: (yes) => {
        useConfirm.setState({ question: null });
        resolve(yes);
      },
    });
  });
}
