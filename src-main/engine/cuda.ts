/** Whether CUDA can be used here, and if not, the sentence that says why and what to do. */
import { Problem } from '../contract/problem.ts';

export interface Gpu {
  name: string;
  /** The driver's version. */
  driver: string;
}

/** The oldest driver that CUDA 12 runs on (minor version compatibility, in NVIDIA's CUDA compatibility guide). */
const OLDEST_DRIVER = 525;
const WITHOUT = 'or choose the engine cpu';

/**
 * The GPU that CUDA computes on: the first that the driver shows.
 * @param gpus those that the driver shows
 * @param card whether an NVIDIA card is plugged in
 * @throws Problem without a driver, or with one that is too old
 */
export function requireGpu([gpu]: readonly Gpu[], card: boolean): Gpu {
  if (!gpu) {
    throw new Problem(
      card
        ? 'An NVIDIA card is here, but its driver is not installed or not running, so CUDA cannot be used.'
        : 'No NVIDIA driver shows a GPU here (neither nvidia-smi nor /proc/driver/nvidia), so CUDA cannot be used.',
      {
        next: `Install the NVIDIA driver, ${OLDEST_DRIVER} or newer (Debian: apt-get install nvidia-driver), ${WITHOUT}.`,
      },
    );
  }
  if (Number.parseInt(gpu.driver, 10) < OLDEST_DRIVER) {
    throw new Problem(`The NVIDIA driver ${gpu.driver} is older than CUDA 12 needs.`, {
      next: `Install ${OLDEST_DRIVER} or newer, ${WITHOUT}.`,
    });
  }
  return gpu;
}

/** What is said where the driver shows a GPU but TensorFlow does not compute on it. */
export function unseenGpu(gpu: Gpu, folder: string): Problem {
  return new Problem(
    `TensorFlow does not see ${gpu.name} (driver ${gpu.driver}), and would compute on the CPU in silence.`,
    {
      where: folder,
      next: `See what it says with TF_CPP_MIN_LOG_LEVEL=0; delete that folder to get it anew; update the driver; ${WITHOUT}.`,
    },
  );
}
