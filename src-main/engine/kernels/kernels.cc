// All kernels, compiled once for each instruction set (the macro ISA names it and the namespace).
#ifndef ISA
#error "ISA names the instruction set"
#endif
#include "conv-filter-grad.inc"
#include "cross-entropy.inc"
#include "depthwise.inc"
#include "fusion.inc"
#include "max-pool.inc"
#include "norm-act.inc"
#include "pixel-losses.inc"
#include "regions.inc"
#include "resize.inc"
#include "separable.inc"
#include "similarity.inc"
#include "structure.inc"
#include "update.inc"

namespace stillroom {
namespace ISA {

void RegisterKernels() {
  RegisterConvFilterGrad();
  RegisterCrossEntropy();
  RegisterDepthwise();
  RegisterFusion();
  RegisterMaxPool();
  RegisterNormAct();
  RegisterPixelLosses();
  RegisterRegions();
  RegisterResize();
  RegisterSeparable();
  RegisterSimilarity();
  RegisterStructure();
  RegisterUpdate();
}

}  // namespace ISA
}  // namespace stillroom
