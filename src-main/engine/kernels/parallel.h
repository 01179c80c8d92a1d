// Dividing a kernel's work among threads. The division depends on the number of threads alone, and parts are put
// together in their order, so that results are the same bits from run to run.
#pragma once
#include <cstdint>
#include <functional>

namespace stillroom {

// Threads that share a kernel's work, the caller's among them: TF_NUM_INTRAOP_THREADS.
int Threads();

// The least work (in numbers that are read or written) that is worth a thread of its own.
constexpr int64_t kLeast = 1 << 14;

// Calls work(begin, end, part) once for each of at most Threads() contiguous parts of [0, count), at once.
// Parts hold at least `least` elements, so that little work stays on the caller's thread.
void Parallel(int64_t count, int64_t least, const std::function<void(int64_t begin, int64_t end, int part)>& work);

}  // namespace stillroom
