// Kernels as ops of TensorFlow, by its C interface for kernels (tensorflow/c/{ops,kernels}.h). Every op here takes
// and gives tensors in the CPU's memory; its name starts with "Stillroom".
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

namespace stillroom {

using Shape = std::vector<int64_t>;

// What an op is computed with. After Fail() a kernel has to return.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context);
  ~Call();
  int inputs() const { return static_cast<int>(inputs_.size()); }
  Shape shape(int input) const;
  // Number of elements; 0 stands for an input that is not given.
  int64_t size(int input) const { return TF_TensorElementCount(inputs_[input]); }
  template <typename T = float>
  const T* in(int input) const {
    return static_cast<const T*>(TF_TensorData(inputs_[input]));
  }
  // An input's own memory, to be written to: for ops whose caller alone holds the tensor, and says so.
  float* inPlace(int input) const { return static_cast<float*>(TF_TensorData(inputs_[input])); }
  // A new output tensor; null after a failure (no memory).
  float* out(int output, const Shape& shape) { return static_cast<float*>(Allocate(output, shape, TF_FLOAT, 4)); }
  int32_t* outInts(int output, const Shape& shape) {
    return static_cast<int32_t*>(Allocate(output, shape, TF_INT32, 4));
  }
  bool failed() const { return failed_; }
  void Fail(const std::string& message);

 private:
  void* Allocate(int output, const Shape& shape, TF_DataType type, size_t bytes);
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> inputs_;
  std::vector<TF_Tensor*> outputs_;
  bool failed_ = false;
};

// Attributes that an op was made with, read when it is made.
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction) {}
  int64_t Int(const char* name) const;
  float Float(const char* name) const;

 private:
  TF_OpKernelConstruction* construction_;
};

struct Definition {
  const char* name;
  std::initializer_list<const char*> inputs;   // "x: float", "parts: n * float"
  std::initializer_list<const char*> outputs;
  std::initializer_list<const char*> attributes;  // "stride: int"
};

void Define(const Definition& definition, void* (*create)(TF_OpKernelConstruction*),
            void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));

// Makes an op of a class K with K(const Attributes&) and void Compute(Call&) const.
template <typename K>
void Register(const Definition& definition) {
  Define(
      definition, [](TF_OpKernelConstruction* c) -> void* { return new K(Attributes(c)); },
      [](void* kernel, TF_OpKernelContext* context) {
        Call call(context);
        static_cast<const K*>(kernel)->Compute(call);
      },
      [](void* kernel) { delete static_cast<K*>(kernel); });
}

}  // namespace stillroom
