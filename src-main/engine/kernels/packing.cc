#include "packing.h"

#include <algorithm>
#include <cstring>

#include "parallel.h"

namespace stillroom {
namespace {

// Offsets of the indices of one axis: outer blocks by their stride, and inner blocks that are nested in each other.
std::vector<int64_t> Offsets(int64_t length, int64_t stride, int axis, int blocks, const int64_t* sizes,
                             const int64_t* axes) {
  std::vector<int64_t> offsets(length);
  int64_t whole = 1;
  for (int b = 0; b < blocks; b++) whole *= axes[b] == axis ? sizes[b] : 1;
  for (int64_t i = 0; i < length; i++) {
    int64_t offset = i / whole * stride, rest = i % whole, left = whole, inside = 1;
    for (int b = 0; b < blocks; b++) inside *= sizes[b];
    for (int b = 0; b < blocks; b++) {
      inside /= sizes[b];
      if (axes[b] != axis) continue;
      left /= sizes[b];
      offset += rest / left * inside;
      rest %= left;
    }
    offsets[i] = offset;
  }
  return offsets;
}

constexpr int64_t kMostRun = 64;

// The largest power of two up to kMostRun so that every run of so many indices from a multiple of it on is contiguous.
int64_t RunOf(const std::vector<int64_t>& offsets) {
  const int64_t length = static_cast<int64_t>(offsets.size());
  for (int64_t run = kMostRun; run > 1; run /= 2) {
    bool whole = true;
    for (int64_t i = 1; i < length && whole; i++) whole = i % run == 0 || offsets[i] == offsets[i - 1] + 1;
    if (whole) return run;
  }
  return 1;
}

// Output channels that are gone through together where runs lie along `in`: a cache line.
constexpr int64_t kTile = 16;

}  // namespace

Packing::Packing(const onednn::Library& library, onednn::Handle desc, const FilterShape& shape, int64_t kw)
    : shape_(shape), bytes_(library.memory_desc_get_size(desc)) {
  int blocks = 0;
  const onednn::Dims *strides, *sizes, *axes, *padded;
  library.memory_desc_query(desc, onednn::kStrides, &strides);
  library.memory_desc_query(desc, onednn::kBlockCount, &blocks);
  library.memory_desc_query(desc, onednn::kBlocks, &sizes);
  library.memory_desc_query(desc, onednn::kBlockDims, &axes);
  library.memory_desc_query(desc, onednn::kPaddedDims, &padded);
  const int first = shape.groups > 1 ? 1 : 0;
  const auto along = [&](int64_t length, int axis) {
    return Offsets(length, (*strides)[axis], axis, blocks, *sizes, *axes);
  };
  const int64_t outEach = shape.out / shape.groups;
  byOut_ = along(outEach, first);
  if (first) {
    const std::vector<int64_t> byGroup = along(shape.groups, 0), within = byOut_;
    byOut_.resize(shape.out);
    for (int64_t o = 0; o < shape.out; o++) byOut_[o] = byGroup[o / outEach] + within[o % outEach];
  }
  byIn_ = along(shape.in, first + 1);
  const std::vector<int64_t> down = along(shape.places / kw, first + 2), across = along(kw, first + 3);
  for (int64_t d : down)
    for (int64_t a : across) byPlace_.push_back(d + a);
  int64_t room = 1;
  for (int axis = 0; axis < first + 4; axis++) room *= (*padded)[axis];
  padded_ = room != shape.size();
  const int64_t runOut = RunOf(byOut_), runIn = RunOf(byIn_);
  runsAlongIn_ = runIn > runOut;
  run_ = std::max(runIn, runOut);
}

// Calls move(packed, filter, in, out): a tile of so many `in` and `out` whose first number lies there.
template <typename Move>
void Packing::ByTiles(const Move& move) const {
  const int64_t in = shape_.in, out = shape_.out, high = runsAlongIn_ ? run_ : 1, wide = runsAlongIn_ ? kTile : run_;
  const int64_t rows = (in + high - 1) / high;
  Parallel(shape_.places * rows, std::max<int64_t>(1, kLeast / (out * high)), [&](int64_t begin, int64_t end, int) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t place = row / rows, i = row % rows * high;
      for (int64_t o = 0; o < out; o += wide) {
        move(byPlace_[place] + byIn_[i], (place * in + i) * out, o, std::min(high, in - i), std::min(wide, out - o));
      }
    }
  });
}

void Packing::Pack(const float* filter, float* packed) const {
  if (padded_) std::memset(packed, 0, bytes_);
  const int64_t step = shape_.out;
  ByTiles([&](int64_t to, int64_t from, int64_t o, int64_t high, int64_t wide) {
    if (!runsAlongIn_) {
      std::memcpy(packed + to + byOut_[o], filter + from + o, wide * sizeof(float));
      return;
    }
    // Rows of the filter may lie a power of two apart, where few of them stay in the cache: each is read once.
    float tile[kMostRun][kTile];
    for (int64_t i = 0; i < high; i++) std::memcpy(tile[i], filter + from + i * step + o, wide * sizeof(float));
    for (int64_t j = 0; j < wide; j++) {
      float* column = packed + to + byOut_[o + j];
      for (int64_t i = 0; i < high; i++) column[i] = tile[i][j];
    }
  });
}

void Packing::Unpack(const float* packed, float* filter) const {
  const int64_t step = shape_.out;
  ByTiles([&](int64_t from, int64_t to, int64_t o, int64_t high, int64_t wide) {
    for (int64_t j = 0; j < wide; j++) {
      const float* column = packed + from + byOut_[o + j];
      for (int64_t i = 0; i < high; i++) filter[to + i * step + o + j] = column[i];
    }
  });
}

}  // namespace stillroom
