#!/bin/sh
# The conformance suite and the benchmark on a machine with an NVIDIA GPU, from a checkout:
#
#     sh test/gpu.sh [FOLDER]        FOLDER (default gpu-results) gets what each step printed
#
# It needs Node 20 or newer and NVIDIA's driver (525 or newer). What is there already is used, and only what is missing
# is fetched: the packages (npm ci), Electron, TensorFlow and NVIDIA's libraries (pip, 3.3 GB once). A machine without a
# network can be given them: node_modules of the checkout, and the per-user cache (~/.cache/stillroom, or STILLROOM_CACHE)
# of another Linux x64 machine. PyTorch is taken from the Python that STILLROOM_BENCH_PYTHON names; a row of the benchmark
# whose peer cannot be had says so.
#
# On the GPU the benchmark's PyTorch computes there too; ONNX Runtime stays on the processor.
#
# Without a GPU it is a dry run of the same steps on the engine that is there. The last line sums up; the exit code is 0
# when all steps that could run went well.
cd "$(dirname "$0")/.." || exit 1
results=${1:-gpu-results}
mkdir -p "$results" || exit 1
failed=''

step() {
  name=$1
  shift
  printf '\n— %s: %s\n' "$name" "$*"
  { "$@" 2>&1; echo $? >"$results/.code"; } | tee "$results/$name.txt"
  [ "$(cat "$results/.code")" = 0 ] || failed="$failed $name"
}

if ! command -v node >/dev/null; then
  echo 'Node is not installed: get Node 20 or newer first.'
  exit 1
fi
if [ ! -d node_modules/electron ]; then
  npm ci || { echo 'npm ci failed: carry node_modules of another checkout over, or connect to a package registry.'; exit 1; }
fi

if nvidia-smi >"$results/nvidia-smi.txt" 2>&1; then
  gpu=yes
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
  export STILLROOM_ENGINE=cuda
else
  gpu=no
  echo 'There is no NVIDIA GPU with a driver here (nvidia-smi): this is a dry run on the engine that is there.'
fi

step doctor npx --no-install stillroom doctor --start
step tests npm test -- unit/engine
step conformance npm run -s conformance
step networks npm run -s conformance -- networks
if [ $gpu = yes ]; then
  step bench npm run -s bench -- train
else
  step bench npm run -s bench -- train --quick --only step.espnet
fi
rm -f "$results/.code"

if [ -n "$failed" ]; then
  printf '\nFailed:%s. What each step printed is in %s.\n' "$failed" "$results"
  exit 1
fi
[ $gpu = yes ] && on='on the GPU' || on='without a GPU (dry run)'
printf '\nAll steps went well %s. What each printed is in %s.\n' "$on" "$results"
