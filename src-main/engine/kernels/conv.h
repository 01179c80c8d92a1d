// What the convolutions' kernels share.
#pragma once
#include <cstdint>

#include "op.h"

namespace stillroom {

// Of a convolution of NHWC tensors, down and across.
struct Geometry {
  int64_t stride[2], dilation[2], before[2], after[2], groups;
  explicit Geometry(const Attributes& a)
      : stride{a.Int("stride_down"), a.Int("stride_across")},
        dilation{a.Int("dilation_down"), a.Int("dilation_across")},
        before{a.Int("top"), a.Int("left")},
        after{a.Int("bottom"), a.Int("right")},
        groups(a.Int("groups")) {}
  int64_t Out(int axis, int64_t size, int64_t kernel) const {
    return (size + before[axis] + after[axis] - dilation[axis] * (kernel - 1) - 1) / stride[axis] + 1;
  }
};

#define STILLROOM_GEOMETRY                                                                                         \
  "stride_down: int", "stride_across: int", "dilation_down: int", "dilation_across: int", "top: int", "bottom: int", \
      "left: int", "right: int", "groups: int"

// Registers those that oneDNN computes, where it is there.
void RegisterConv();

}  // namespace stillroom
