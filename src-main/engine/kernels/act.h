// The activations that kernels fuse with what is before them, by the codes of ACTIVATIONS (engine/ops/norm-act.ts).
#pragma once

namespace stillroom {

enum Act { kNone = 0, kRelu = 1, kRelu6 = 2, kPrelu = 3 };

}  // namespace stillroom
