// Per-channel work on NHWC tensors as loops over whole vectors, whatever the number of channels: the tensor is seen as
// rows of lcm(channels, 16) numbers, and what belongs to a channel is repeated along such a row.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>

#include "parallel.h"

// Before a loop: its turns do not depend on each other, whatever its pointers look like to the compiler.
#ifdef __clang__
#define STILLROOM_VECTOR _Pragma("clang loop vectorize(assume_safety)")
#else
#define STILLROOM_VECTOR _Pragma("GCC ivdep")
#endif

namespace stillroom {
namespace ISA {

constexpr int64_t kVector = 16;

// Numbers of one vector register, for loops whose sums have to stay in registers.
#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));
inline const Lanes& LanesAt(const float* at) { return *reinterpret_cast<const Lanes*>(at); }
inline Lanes& LanesAt(float* at) { return *reinterpret_cast<Lanes*>(at); }

struct Rows {
  int64_t channels;
  int64_t width;  // numbers in a row
  int64_t count;  // rows, the last one perhaps shorter
  int64_t size;   // numbers in all

  Rows(int64_t size, int64_t channels)
      : channels(channels), width(std::lcm(channels, kVector)), count((size + width - 1) / width), size(size) {}

  int64_t length(int64_t row) const { return std::min(width, size - row * width); }

  // A value per channel, repeated along a row.
  std::vector<float> Spread(const float* values) const {
    std::vector<float> row(width);
    for (int64_t i = 0; i < width; i++) row[i] = values[i % channels];
    return row;
  }

  // work(first row, end, part), divided among threads.
  template <typename F>
  void Each(const F& work) const {
    Parallel(count, std::max<int64_t>(1, kLeast / width), work);
  }
};

// Channels that are kept in registers while a window is gone over.
constexpr int64_t kChannels = 32;

// Calls F(first, kChannels or fewer) for blocks of channels; whole blocks have a length that the compiler knows.
template <typename F>
inline void ByChannels(int64_t channels, const F& work) {
  int64_t c = 0;
  for (; c + kChannels <= channels; c += kChannels) work(c, std::integral_constant<int64_t, kChannels>());
  if (c < channels) work(c, channels - c);
}

// Sums per channel: float within a block of rows, double beyond it, in a fixed order.
class Sums {
 public:
  explicit Sums(const Rows& rows) : rows_(rows), block_(rows.width), total_(rows.width) {}
  float* block() { return block_.data(); }
  // Takes the block into the total and empties it.
  void Fold() {
    for (int64_t i = 0; i < rows_.width; i++) total_[i] += block_[i];
    std::fill(block_.begin(), block_.end(), 0.0f);
  }
  void AddTo(std::vector<double>& channels) const {
    for (int64_t i = 0; i < rows_.width; i++) channels[i % rows_.channels] += total_[i];
  }

 private:
  Rows rows_;
  std::vector<float> block_;
  std::vector<double> total_;
};

// Rows that are summed in float before they are folded.
constexpr int64_t kBlock = 64;

}  // namespace ISA
}  // namespace stillroom
