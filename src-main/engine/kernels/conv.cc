// Convolution of NHWC tensors with HWIO filters and its two gradients, by oneDNN: with any stride, dilation and padding
// on each side, in groups. The filter is brought into the layout that oneDNN wants at each call (packing.h).
#include "conv.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "act.h"
#include "onednn.h"
#include "op.h"
#include "packing.h"
#include "parallel.h"
#include "scratch.h"

namespace stillroom {
namespace {

using onednn::Handle;

enum Way { kForward, kInputGradient, kFilterGradient };

// A convolution of certain sizes.
struct Case {
  Geometry geometry;
  int64_t n, h, w, in, kh, kw, out;
  // What is fused with the forward way.
  bool bias = false, addend = false;
  int64_t act = kNone;

  int64_t OutHeight() const { return geometry.Out(0, h, kh); }
  int64_t OutWidth() const { return geometry.Out(1, w, kw); }
  std::vector<int64_t> Key(Way way) const {
    const Geometry& g = geometry;
    return {way, n, h, w, in, kh, kw, out, g.stride[0], g.stride[1], g.dilation[0], g.dilation[1], g.before[0],
            g.before[1], g.after[0], g.after[1], g.groups, bias, addend, act};
  }
};

// What frees handles at the end of a scope.
class Owner {
 public:
  explicit Owner(const onednn::Library& library) : library_(library) {}
  ~Owner() {
    for (const auto& [free, handle] : handles_) free(handle);
  }
  Handle Own(int (*free)(Handle), Handle handle) {
    if (handle) handles_.emplace_back(free, handle);
    return handle;
  }
  Handle Dense(const std::vector<int64_t>& dims, const std::vector<int64_t>& strides) {
    Handle desc = nullptr;
    library_.memory_desc_create_with_strides(&desc, static_cast<int>(dims.size()), dims.data(), onednn::kFloat,
                                             strides.data());
    return Own(library_.memory_desc_destroy, desc);
  }
  // NHWC in memory; oneDNN names axes as NCHW.
  Handle Image(int64_t n, int64_t h, int64_t w, int64_t c) { return Dense({n, c, h, w}, {h * w * c, 1, w * c, c}); }
  Handle AnyLayout(const std::vector<int64_t>& dims) {
    Handle desc = nullptr;
    library_.memory_desc_create_with_tag(&desc, static_cast<int>(dims.size()), dims.data(), onednn::kFloat,
                                         onednn::kAny);
    return Own(library_.memory_desc_destroy, desc);
  }

 private:
  const onednn::Library& library_;
  std::vector<std::pair<int (*)(Handle), Handle>> handles_;
};

// One way of a case, ready to be run on any arrays.
class Plan {
 public:
  Plan(const onednn::Library& library, Way way, const Case& c) : library_(library) {
    Owner owner(library);
    const Geometry& g = c.geometry;
    const int64_t oh = c.OutHeight(), ow = c.OutWidth(), outEach = c.out / g.groups, inEach = c.in / g.groups;
    Handle x = owner.Image(c.n, c.h, c.w, c.in), y = owner.Image(c.n, oh, ow, c.out);
    std::vector<int64_t> dims{outEach, inEach, c.kh, c.kw};
    if (g.groups > 1) dims.insert(dims.begin(), g.groups);
    Handle filter = owner.AnyLayout(dims);
    Handle bias = c.bias ? owner.Dense({c.out}, {1}) : nullptr;
    const int64_t gaps[2] = {g.dilation[0] - 1, g.dilation[1] - 1};
    Handle attr = way == kForward ? Fused(owner, c, y) : nullptr;
    Handle forward = nullptr, desc = nullptr;
    const auto own = [&](Handle made) { return owner.Own(library.primitive_desc_destroy, made); };
    // Gradients ask for the forward way only as a hint, which has nothing fused.
    library.convolution_forward_primitive_desc_create(
        &forward, library.engine, way == kForward ? onednn::kForwardInference : onednn::kForwardTraining,
        onednn::kConvolutionDirect, x, filter, bias, y, g.stride, gaps, g.before, g.after, attr);
    desc = own(forward);
    if (way == kInputGradient && forward) {
      library.convolution_backward_data_primitive_desc_create(&desc, library.engine, onednn::kConvolutionDirect, x,
                                                              filter, y, g.stride, gaps, g.before, g.after, forward,
                                                              nullptr);
      own(desc);
    } else if (way == kFilterGradient && forward) {
      library.convolution_backward_weights_primitive_desc_create(&desc, library.engine, onednn::kConvolutionDirect, x,
                                                                 filter, nullptr, y, g.stride, gaps, g.before, g.after,
                                                                 forward, nullptr);
      own(desc);
    }
    if (!desc || library.primitive_create(&primitive_, desc) != 0) return;
    Handle packed = library.primitive_desc_query_md(
        desc, way == kFilterGradient ? onednn::kDiffWeights : onednn::kWeights, 0);
    packing_ = std::make_unique<Packing>(library, packed, FilterShape{c.kh * c.kw, inEach, c.out, g.groups}, c.kw);
    const bool gradient = way == kInputGradient;
    if (way == kFilterGradient) {
      Bind(onednn::kSource, x), Bind(onednn::kDestinationGradient, y), Bind(onednn::kFilterGradient, packed);
    } else {
      Bind(gradient ? onednn::kDestinationGradient : onednn::kSource, gradient ? y : x);
      Bind(gradient ? onednn::kSourceGradient : onednn::kDestination, gradient ? x : y);
      Bind(onednn::kFilter, packed);
    }
    if (c.bias) Bind(onednn::kBias, bias);
    if (c.addend) Bind(onednn::PostOpSource(0), y);
    if (c.act == kPrelu) Bind(onednn::PostOpSlopes(c.addend ? 1 : 0), owner.Dense({c.out}, {1}));
  }

  ~Plan() {
    for (const onednn::Argument& argument : arguments_) library_.memory_destroy(argument.memory);
    if (primitive_) library_.primitive_destroy(primitive_);
  }
  Plan(const Plan&) = delete;

  bool works() const { return primitive_ != nullptr; }
  const Packing& packing() const { return *packing_; }

  // @param arrays in the order in which the constructor binds them
  bool Run(std::initializer_list<const float*> arrays) {
    size_t i = 0;
    for (const float* array : arrays) {
      if (array) library_.memory_set_data_handle(arguments_[i++].memory, const_cast<float*>(array));
    }
    return library_.primitive_execute(primitive_, library_.stream, static_cast<int>(arguments_.size()),
                                      arguments_.data()) == 0;
  }

 private:
  void Bind(int name, Handle desc) {
    Handle memory = nullptr;
    library_.memory_create(&memory, desc, library_.engine, nullptr);
    arguments_.push_back({name, memory});
  }

  // What follows the convolution, as an attribute of it; null where nothing does.
  Handle Fused(Owner& owner, const Case& c, Handle y) const {
    if (!c.addend && c.act == kNone) return nullptr;
    Handle ops = nullptr, attr = nullptr;
    library_.post_ops_create(&ops);
    if (c.addend) library_.post_ops_append_binary(ops, onednn::kBinaryAdd, y);
    if (c.act == kRelu) library_.post_ops_append_eltwise(ops, onednn::kEltwiseRelu, 0, 0);
    if (c.act == kRelu6) library_.post_ops_append_eltwise(ops, onednn::kEltwiseClip, 0, 6);
    // One slope for each channel, which is oneDNN's axis 1.
    if (c.act == kPrelu) library_.post_ops_append_prelu(ops, 1 << 1);
    library_.primitive_attr_create(&attr);
    library_.primitive_attr_set_post_ops(attr, ops);
    library_.post_ops_destroy(ops);
    return owner.Own(library_.primitive_attr_destroy, attr);
  }

  const onednn::Library& library_;
  Handle primitive_ = nullptr;
  std::unique_ptr<Packing> packing_;
  std::vector<onednn::Argument> arguments_;
};

// How many plans are kept: networks have a hundred convolutions, each with three ways. Images of many sizes must not
// fill the memory with them.
constexpr size_t kMostPlans = 1024;

class Convolutions {
 public:
  explicit Convolutions(const onednn::Library& library) : library_(library) {}

  // Runs work(plan, room for the packed filter) alone.
  template <typename Work>
  void With(Call& call, Way way, const Case& c, const Work& work) {
    std::lock_guard<std::mutex> one(mutex_);
    // It holds for the calling thread only.
    library_.omp_set_num_threads(Threads());
    const std::vector<int64_t> key = c.Key(way);
    auto found = plans_.find(key);
    if (found == plans_.end()) {
      if (plans_.size() >= kMostPlans) plans_.clear();
      found = plans_.emplace(key, std::make_unique<Plan>(library_, way, c)).first;
    }
    Plan& plan = *found->second;
    if (!plan.works()) return call.Fail("oneDNN has no such convolution.");
    Scratch packed(plan.packing().bytes());
    if (!packed.data()) return call.Fail("There is no memory for the filter.");
    if (!work(plan, packed.data())) call.Fail("oneDNN could not run the convolution.");
  }

 private:
  const onednn::Library& library_;
  std::mutex mutex_;
  std::map<std::vector<int64_t>, std::unique_ptr<Plan>> plans_;
};

Convolutions& TheConvolutions() {
  // Never destroyed: threads may still compute when the process ends.
  static Convolutions* const convolutions = new Convolutions(*onednn::Load());
  return *convolutions;
}

// Inputs x, filter; bias, addend (of y's shape) and PReLU's slopes, each empty where there is none.
// y = act(conv(x, filter) + bias + addend)
// The filter may be a packed one (below), which is told by its one dimension; hence its sizes as attributes.
struct Conv {
  Geometry geometry;
  int64_t kh, kw, out, act;
  explicit Conv(const Attributes& a)
      : geometry(a), kh(a.Int("kernel_height")), kw(a.Int("kernel_width")), out(a.Int("filters")), act(a.Int("act")) {}

  void Compute(Call& call) const {
    const Shape x = call.shape(0);
    const auto given = [&](int input) { return call.size(input) > 0 ? call.in(input) : nullptr; };
    const float *bias = given(2), *addend = given(3), *slopes = act == kPrelu ? given(4) : nullptr;
    const Case c{geometry, x[0], x[1], x[2], x[3], kh, kw, out, bias != nullptr, addend != nullptr, act};
    float* y = call.out(0, {c.n, c.OutHeight(), c.OutWidth(), c.out});
    if (call.failed()) return;
    const bool isPacked = call.shape(1).size() == 1;
    TheConvolutions().With(call, kForward, c, [&](Plan& plan, float* room) {
      if (isPacked && call.size(1) * sizeof(float) != plan.packing().bytes()) return false;
      if (!isPacked) plan.packing().Pack(call.in(1), room);
      return plan.Run({call.in(0), y, isPacked ? call.in(1) : room, bias, addend, slopes});
    });
  }
};

// Input filter; output the filter as Conv wants it for images of that size with all that is fused, in one dimension.
struct ConvPack {
  Geometry geometry;
  int64_t n, h, w, act;
  bool bias, addend;
  explicit ConvPack(const Attributes& a)
      : geometry(a), n(a.Int("batch")), h(a.Int("height")), w(a.Int("width")), act(a.Int("act")),
        bias(a.Int("bias") != 0), addend(a.Int("addend") != 0) {}

  void Compute(Call& call) const {
    const Shape f = call.shape(0);
    const Case c{geometry, n, h, w, f[2] * geometry.groups, f[0], f[1], f[3], bias, addend, act};
    TheConvolutions().With(call, kForward, c, [&](Plan& plan, float*) {
      float* packed = call.out(0, {static_cast<int64_t>(plan.packing().bytes() / sizeof(float))});
      if (packed) plan.packing().Pack(call.in(0), packed);
      return packed != nullptr;
    });
  }
};

// Inputs dy, filter; output dx of height × width.
struct ConvInputGrad {
  Geometry geometry;
  int64_t h, w;
  explicit ConvInputGrad(const Attributes& a) : geometry(a), h(a.Int("height")), w(a.Int("width")) {}

  void Compute(Call& call) const {
    const Shape dy = call.shape(0), f = call.shape(1);
    const Case c{geometry, dy[0], h, w, f[2] * geometry.groups, f[0], f[1], f[3]};
    float* dx = call.out(0, {c.n, h, w, c.in});
    if (call.failed()) return;
    TheConvolutions().With(call, kInputGradient, c, [&](Plan& plan, float* packed) {
      plan.packing().Pack(call.in(1), packed);
      return plan.Run({call.in(0), dx, packed});
    });
  }
};

// Inputs x, dy; output dw of kernelHeight × kernelWidth.
struct ConvFilterGrad {
  Geometry geometry;
  int64_t kh, kw;
  explicit ConvFilterGrad(const Attributes& a)
      : geometry(a), kh(a.Int("kernel_height")), kw(a.Int("kernel_width")) {}

  void Compute(Call& call) const {
    const Shape x = call.shape(0), dy = call.shape(1);
    const Case c{geometry, x[0], x[1], x[2], x[3], kh, kw, dy[3]};
    float* dw = call.out(0, {kh, kw, c.in / geometry.groups, c.out});
    if (call.failed()) return;
    TheConvolutions().With(call, kFilterGradient, c, [&](Plan& plan, float* packed) {
      if (!plan.Run({call.in(0), call.in(1), packed})) return false;
      plan.packing().Unpack(packed, dw);
      return true;
    });
  }
};

}  // namespace

void RegisterConv() {
  if (!onednn::Load()) return;
  Register<Conv>({"StillroomConv",
                  {"x: float", "filter: float", "bias: float", "addend: float", "slopes: float"},
                  {"y: float"},
                  {STILLROOM_GEOMETRY, "kernel_height: int", "kernel_width: int", "filters: int", "act: int"}});
  Register<ConvPack>({"StillroomConvPack",
                      {"filter: float"},
                      {"packed: float"},
                      {STILLROOM_GEOMETRY, "batch: int", "height: int", "width: int", "act: int", "bias: int",
                       "addend: int"}});
  Register<ConvInputGrad>({"StillroomConvInputGrad",
                           {"dy: float", "filter: float"},
                           {"dx: float"},
                           {STILLROOM_GEOMETRY, "height: int", "width: int"}});
  Register<ConvFilterGrad>({"StillroomConvFilterGrad",
                            {"x: float", "dy: float"},
                            {"dw: float"},
                            {STILLROOM_GEOMETRY, "kernel_height: int", "kernel_width: int"}});
}

}  // namespace stillroom
