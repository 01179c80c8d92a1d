// The part of oneDNN's C interface (version 3) that convolutions are made of, bound when the library lies beside the
// binding. TensorFlow has a oneDNN of its own inside, but lets nobody call it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace stillroom {
namespace onednn {

using Handle = void*;
using Dims = int64_t[12];

struct Argument {
  int name;
  Handle memory;
};

// Names as in oneDNN's headers, without their prefix; numbers are part of its ABI.
enum Prop { kForwardTraining = 64, kForwardInference = 96 };
enum Algorithm { kConvolutionDirect = 1, kEltwiseRelu = 0x20, kEltwiseClip = 0x2e, kBinaryAdd = 0x1fff0 };
enum DataType { kFloat = 3 };
enum FormatTag { kAny = 1 };
enum Query { kStrides = 14, kWeights = 131, kDiffWeights = 132, kPaddedDims = 260, kBlockCount = 263, kBlocks = 264,
             kBlockDims = 265 };
enum ArgumentName { kSource = 1, kDestination = 17, kFilter = 33, kBias = 41, kSourceGradient = 129,
                    kDestinationGradient = 145, kFilterGradient = 161 };
// What the post-op at a place reads: the second source of a sum, or the slopes of PReLU.
constexpr int PostOpSource(int place) { return 32768 * (place + 1) | 2; }
constexpr int PostOpSlopes(int place) { return 32768 * (place + 1) | kFilter; }

struct Library {
  int (*engine_create)(Handle*, int kind, size_t index);
  int (*stream_create)(Handle*, Handle engine, unsigned flags);
  int (*memory_desc_create_with_strides)(Handle*, int rank, const int64_t* dims, int type, const int64_t* strides);
  int (*memory_desc_create_with_tag)(Handle*, int rank, const int64_t* dims, int type, int tag);
  int (*memory_desc_destroy)(Handle);
  int (*memory_desc_query)(Handle, int what, void* result);
  size_t (*memory_desc_get_size)(Handle);
  int (*memory_create)(Handle*, Handle desc, Handle engine, void* data);
  int (*memory_set_data_handle)(Handle, void* data);
  int (*memory_destroy)(Handle);
  int (*primitive_attr_create)(Handle*);
  int (*primitive_attr_set_post_ops)(Handle attr, Handle ops);
  int (*primitive_attr_destroy)(Handle);
  int (*post_ops_create)(Handle*);
  int (*post_ops_append_eltwise)(Handle, int algorithm, float alpha, float beta);
  int (*post_ops_append_binary)(Handle, int algorithm, Handle source);
  int (*post_ops_append_prelu)(Handle, int mask);
  int (*post_ops_destroy)(Handle);
  int (*convolution_forward_primitive_desc_create)(Handle*, Handle engine, int prop, int algorithm, Handle source,
                                                   Handle filter, Handle bias, Handle destination, const int64_t* stride,
                                                   const int64_t* dilation, const int64_t* before,
                                                   const int64_t* after, Handle attr);
  int (*convolution_backward_data_primitive_desc_create)(Handle*, Handle engine, int algorithm, Handle source,
                                                         Handle filter, Handle destination, const int64_t* stride,
                                                         const int64_t* dilation, const int64_t* before,
                                                         const int64_t* after, Handle forward, Handle attr);
  int (*convolution_backward_weights_primitive_desc_create)(Handle*, Handle engine, int algorithm, Handle source,
                                                            Handle filter, Handle bias, Handle destination,
                                                            const int64_t* stride, const int64_t* dilation,
                                                            const int64_t* before, const int64_t* after,
                                                            Handle forward, Handle attr);
  Handle (*primitive_desc_query_md)(Handle, int what, int index);
  int (*primitive_desc_destroy)(Handle);
  int (*primitive_create)(Handle*, Handle desc);
  int (*primitive_execute)(Handle, Handle stream, int count, const Argument*);
  int (*primitive_destroy)(Handle);
  void (*omp_set_num_threads)(int);
  Handle engine;
  Handle stream;
};

// Null where the library is not there, or does not load.
const Library* Load();

}  // namespace onednn
}  // namespace stillroom
