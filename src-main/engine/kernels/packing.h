// A filter [kh, kw, in / groups, out] and the same numbers as a blocked layout of oneDNN wants them. Its own reorders
// take several times as long: they have to go with any layout, this with a dense one on our side.
#pragma once
#include <cstdint>
#include <vector>

#include "onednn.h"

namespace stillroom {

struct FilterShape {
  int64_t places;  // kh · kw
  int64_t in;      // channels of one group
  int64_t out;     // of all groups
  int64_t groups;
  int64_t size() const { return places * in * out; }
};

class Packing {
 public:
  Packing(const onednn::Library& library, onednn::Handle desc, const FilterShape& shape, int64_t kw);
  // Bytes of the packed filter, padding included.
  size_t bytes() const { return bytes_; }
  void Pack(const float* filter, float* packed) const;
  void Unpack(const float* packed, float* filter) const;

 private:
  template <typename Move>
  void ByTiles(const Move& move) const;

  FilterShape shape_;
  size_t bytes_;
  bool padded_ = false;
  // Where a number lies is the sum of what each of its indices says.
  std::vector<int64_t> byPlace_, byIn_, byOut_;
  // How many neighbours in `in` or `out` are neighbours in the packed filter.
  int64_t run_ = 1;
  bool runsAlongIn_ = false;
};

}  // namespace stillroom
