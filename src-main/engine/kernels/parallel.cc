#include "parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace stillroom {
namespace {

// How long a thread looks for new work before it sleeps: kernels follow each other within some microseconds.
constexpr int kSpins = 2000;

class Pool {
 public:
  explicit Pool(int helpers) {
    for (int i = 0; i < helpers; i++) std::thread([this, i] { Serve(i); }).detach();
  }

  void Run(int parts, const std::function<void(int)>& work) {
    std::lock_guard<std::mutex> one(callers_);
    work_ = &work;
    left_.store(parts - 1, std::memory_order_relaxed);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      parts_ = parts;
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
    work(0);
    while (left_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  }

 private:
  void Serve(int helper) {
    uint64_t seen = 0;
    while (true) {
      for (int i = 0; i < kSpins && round_.load(std::memory_order_acquire) == seen; i++) std::this_thread::yield();
      int parts;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return round_.load(std::memory_order_relaxed) != seen; });
        seen = round_.load(std::memory_order_relaxed);
        parts = parts_;
      }
      if (helper + 1 >= parts) continue;
      (*work_)(helper + 1);
      left_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::mutex callers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> round_{0};
  std::atomic<int> left_{0};
  int parts_ = 0;
  const std::function<void(int)>* work_ = nullptr;
};

int CountThreads() {
  const char* wished = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int count = wished ? std::atoi(wished) : 0;
  return count > 0 ? count : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

int Threads() {
  static const int threads = CountThreads();
  return threads;
}

void Parallel(int64_t count, int64_t least, const std::function<void(int64_t, int64_t, int)>& work) {
  const int parts = static_cast<int>(std::clamp<int64_t>(count / std::max<int64_t>(least, 1), 1, Threads()));
  if (parts == 1) return work(0, count, 0);
  // Never destroyed: its threads may still wait when the process ends.
  static Pool* const pool = new Pool(Threads() - 1);
  pool->Run(parts, [&](int part) { work(count * part / parts, count * (part + 1) / parts, part); });
}

}  // namespace stillroom
