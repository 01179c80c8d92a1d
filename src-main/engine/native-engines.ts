/**
 * The native engines that are put together from wheels: TensorFlow's library for the CPU, and for CUDA with NVIDIA's.
 * All are pinned; the versions go together as `pip install tensorflow[and-cuda]` puts them together.
 */
import type { PinnedWheel } from '../base/fetch-wheel.ts';

export interface NativeEngine {
  /** Its folder in the cache. */
  folder: string;
  /** The folder in it with TensorFlow's libraries, the headers and the binding; '.' where it is the folder itself. */
  library: string;
  parts: WheelPart[];
  /** Roughly, of the unpacked folder. */
  unpackedMegabytes: number;
}

/** What is taken out of a wheel. */
export interface WheelPart {
  wheel: PinnedWheel;
  /** Where an entry goes in the engine's folder; undefined leaves it out. */
  place(entry: string): string | undefined;
  /** Entries without which it is of no use. */
  needed: string[];
}

const HEADERS =
  /^tensorflow\/include\/((tensorflow\/c|tensorflow\/core\/(platform|common_runtime\/next_pluggable_device\/c)|tsl\/platform|xla\/tsl\/c)\/.*\.h)$/;
const LIBRARIES = ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'];

/** TensorFlow's libraries and C headers, in the folder `to`. */
function tensorflow(wheel: PinnedWheel, to: string): WheelPart {
  const inFolder = (name: string) => (to === '.' ? name : `${to}/${name}`);
  return {
    wheel,
    place(entry) {
      const library = LIBRARIES.find((name) => entry === `tensorflow/${name}`);
      const header = HEADERS.exec(entry)?.[1];
      if (library) return inFolder(library);
      return header ? inFolder(`include/${header}`) : undefined;
    },
    needed: LIBRARIES.map((name) => `tensorflow/${name}`),
  };
}

/** One of NVIDIA's libraries, under its own path: TensorFlow's library looks for it in ../nvidia/NAME/lib. */
function nvidia(library: string, megabytes: number, version: string, tags: string, sha256: string): WheelPart {
  const name = `nvidia-${library.replaceAll('_', '-')}-cu12`;
  const file = `nvidia_${library}_cu12-${version}-py3-none-${tags}.whl`;
  return {
    wheel: { name, version, file, sha256, megabytes },
    place: (entry) => (/^nvidia\/\w+\/lib\/[^/]+\.so[.\d]*$/.test(entry) ? entry : undefined),
    needed: [],
  };
}

/** oneDNN with OpenMP's threads, beside the binding: our convolutions (kernels/conv.cc) call it. */
const ONEDNN: WheelPart = {
  wheel: {
    name: 'onednn-cpu-gomp',
    version: '2023.2.0',
    file: 'onednn_cpu_gomp-2023.2.0-py2.py3-none-manylinux1_x86_64.whl',
    sha256: '2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb',
    megabytes: 39,
  },
  place: (entry) => (entry.endsWith('/lib/libdnnl.so.3') ? 'libdnnl.so.3' : undefined),
  needed: ['onednn_cpu_gomp-2023.2.0.data/data/lib/libdnnl.so.3'],
};

export const CPU: NativeEngine = {
  folder: 'tensorflow-cpu-2.21.0-onednn-3.2',
  library: '.',
  parts: [
    tensorflow(
      {
        name: 'tensorflow-cpu',
        version: '2.21.0',
        file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
        sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
        megabytes: 273,
      },
      '.',
    ),
    ONEDNN,
  ],
  unpackedMegabytes: 920,
};

const BOTH_2_17 = 'manylinux2014_x86_64.manylinux_2_17_x86_64';
const BOTH_2_12 = 'manylinux2010_x86_64.manylinux_2_12_x86_64';

/**
 * Of what the wheel's metadata names for CUDA, curand and nvcc are left out: nothing that is loaded asks for the first,
 * and the second only serves XLA, which is not used.
 */
export const CUDA: NativeEngine = {
  folder: 'tensorflow-cuda-2.21.0',
  library: 'tensorflow',
  parts: [
    tensorflow(
      {
        name: 'tensorflow',
        version: '2.21.0',
        file: 'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
        sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
        megabytes: 572,
      },
      'tensorflow',
    ),
    nvidia(
      'cublas',
      581,
      '12.9.3.13',
      'manylinux_2_27_x86_64',
      'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    ),
    nvidia(
      'cuda_cupti',
      11,
      '12.9.79',
      'manylinux_2_25_x86_64',
      '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
    ),
    nvidia('cuda_nvrtc', 90, '12.9.86', BOTH_2_12, '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'),
    nvidia('cuda_runtime', 4, '12.9.79', BOTH_2_17, '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'),
    nvidia(
      'cudnn',
      717,
      '9.28.0.42',
      'manylinux_2_27_x86_64',
      '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
    ),
    nvidia('cufft', 201, '11.4.1.4', BOTH_2_17, 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'),
    nvidia(
      'cusolver',
      338,
      '11.7.5.82',
      'manylinux_2_27_x86_64',
      '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    ),
    nvidia(
      'cusparse',
      367,
      '12.5.10.65',
      BOTH_2_17,
      '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    ),
    nvidia(
      'nccl',
      352,
      '2.32.3',
      'manylinux_2_27_x86_64',
      'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
    ),
    nvidia('nvjitlink', 40, '12.9.86', BOTH_2_12, 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'),
  ],
  unpackedMegabytes: 6000,
};

/** What an engine's wheels weigh together, in MB. */
export function downloadMegabytes(engine: NativeEngine): number {
  return engine.parts.reduce((sum, { wheel }) => sum + wheel.megabytes, 0);
}
