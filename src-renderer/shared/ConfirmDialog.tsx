import { Button, Group, Modal } from '@mantine/core';
import { useConfirm } from './confirm.ts';

export function ConfirmDialog() {
  const { question, answer } = useConfirm();
  return (
    <Modal opened={question !== null} onClose={() => answer(false)} title={question?.title} data-testid="confirm">
      {question && (
        <>
          <p style={{ margin: 0 }}>{question.text}</p>
          <Group justify="flex-end" mt={16} gap={8}>
            <Button variant="default" onClick={() => answer(false)} data-autofocus data-testid="confirm-no">
              {question.keep}
            </Button>
            <Button color="red" onClick={() => answer(true)} data-testid="confirm-yes">
              {question.verb}
            </Button>
          </Group>
        </>
      )}
    </Modal>
  );
}
