// Registers the kernels for the best instruction set of this processor when the binding is loaded.
#include "conv.h"

namespace stillroom {

#ifdef __x86_64__
namespace v2 { void RegisterKernels(); }
namespace v3 { void RegisterKernels(); }
namespace v4 { void RegisterKernels(); }

namespace {
const bool registered = [] {
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  if (avx512) v4::RegisterKernels();
  else if (avx2) v3::RegisterKernels();
  else v2::RegisterKernels();
  RegisterConv();
  return true;
}();
}  // namespace
#else
namespace native { void RegisterKernels(); }

namespace {
const bool registered = (native::RegisterKernels(), true);
}  // namespace
#endif

}  // namespace stillroom
