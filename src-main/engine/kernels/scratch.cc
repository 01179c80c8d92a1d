#include "scratch.h"

#include <cstdlib>
#include <mutex>

namespace stillroom {
namespace {

std::mutex one;
void* room = nullptr;
size_t size = 0;

}  // namespace

Scratch::Scratch(size_t bytes) {
  one.lock();
  if (bytes > size) {
    std::free(room);
    room = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
    size = room ? bytes : 0;
  }
  data_ = static_cast<float*>(room);
}

Scratch::~Scratch() { one.unlock(); }

}  // namespace stillroom
