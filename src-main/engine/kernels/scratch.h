// Memory that kernels work in, which stays from call to call: fresh pages for each would cost more than what is done there.
#pragma once
#include <cstddef>

namespace stillroom {

// Holds at least `bytes`, aligned to cache lines, for one kernel at a time: others wait.
class Scratch {
 public:
  explicit Scratch(size_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  // Null where there is no memory.
  float* data() const { return data_; }

 private:
  float* data_;
};

}  // namespace stillroom
